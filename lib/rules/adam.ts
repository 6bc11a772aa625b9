// Adam: m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2;
//       W <- W - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// https://arxiv.org/abs/1412.6980
//
// rest = 1 - beta, stepSize = lr / (1 - beta1^t) and rootScale = 1 / sqrt(1 - beta2^t) are coefficients. The same rule
// is eps-hat Adam (rootScale 1, another stepSize), AdamW (decay in the prologue) and RAdam (rootScale 0 and eps 1 while
// the variance is not rectified).
//
// AMSGrad divides by the largest v so far: https://openreview.net/forum?id=ryQu7f-RZ. maxScale is 1, or 1 / (1 -
// beta2^t) where the largest is taken of the corrected v.
//
// Written from src/rules/adam.h by `npm run rules`: change that file, not this one.

import { cautious } from './cautious.js';
import { indexes, max, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const Adam = {
  name: 'Adam',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps'),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const stepSize = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
      let param = params[i];
      param = fround(param - fround(stepSize * fround(m / fround(fround(fround(sqrt(v)) * rootScale) + eps))));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const stepSize = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
      let param = params[i];
      param = param - stepSize * (m / (sqrt(v) * rootScale + eps));
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const AMSGrad = {
  name: 'AMSGrad',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'maxScale', 'stepSize', 'rootScale', 'eps'),
  state: ['expAvg', 'expAvgSq', 'maxExpAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const maxScale = c[4];
    const stepSize = c[5];
    const rootScale = c[6];
    const eps = c[7];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const maxExpAvgSq = states[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
      let largest = maxExpAvgSq[i];
      largest = max(largest, fround(maxScale * v));
      maxExpAvgSq[i] = largest;
      let param = params[i];
      param = fround(param - fround(stepSize * fround(m / fround(fround(fround(sqrt(largest)) * rootScale) + eps))));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const maxScale = c[4];
    const stepSize = c[5];
    const rootScale = c[6];
    const eps = c[7];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const maxExpAvgSq = states[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
      let largest = maxExpAvgSq[i];
      largest = max(largest, maxScale * v);
      maxExpAvgSq[i] = largest;
      let param = params[i];
      param = param - stepSize * (m / (sqrt(largest) * rootScale + eps));
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const CautiousAdam = cautious({
  name: 'CautiousAdam',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps', 'keepScale'),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const stepSize = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const keepScale = c[7];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
      change = fround(change - fround(stepSize * fround(m / fround(fround(fround(sqrt(v)) * rootScale) + eps))));
      let param = params[i];
      param = fround(param + (zero > fround(change * grad) ? fround(keepScale * change) : fround(zero * change)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const stepSize = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const keepScale = c[7];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
      change = change - stepSize * (m / (sqrt(v) * rootScale + eps));
      let param = params[i];
      param = param + (zero > change * grad ? keepScale * change : zero * change);
      params[i] = param;
    }
  },

  measures: {
    names: ['kept'],

    f32(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const stepSize = c[4];
      const rootScale = c[5];
      const eps = c[6];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = fround(fround(beta1 * m) + fround(rest1 * grad));
        let v = expAvgSq[i];
        v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
        change = fround(change - fround(stepSize * fround(m / fround(fround(fround(sqrt(v)) * rootScale) + eps))));
        kept[i] = zero > fround(change * grad) ? 1 : zero;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const stepSize = c[4];
      const rootScale = c[5];
      const eps = c[6];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = beta1 * m + rest1 * grad;
        let v = expAvgSq[i];
        v = beta2 * v + rest2 * (grad * grad);
        change = change - stepSize * (m / (sqrt(v) * rootScale + eps));
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);

export const CautiousAMSGrad = cautious({
  name: 'CautiousAMSGrad',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'maxScale', 'stepSize', 'rootScale', 'eps', 'keepScale'),
  state: ['expAvg', 'expAvgSq', 'maxExpAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const maxScale = c[4];
    const stepSize = c[5];
    const rootScale = c[6];
    const eps = c[7];
    const keepScale = c[8];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const maxExpAvgSq = states[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
      let largest = maxExpAvgSq[i];
      largest = max(largest, fround(maxScale * v));
      maxExpAvgSq[i] = largest;
      change = fround(change - fround(stepSize * fround(m / fround(fround(fround(sqrt(largest)) * rootScale) + eps))));
      let param = params[i];
      param = fround(param + (zero > fround(change * grad) ? fround(keepScale * change) : fround(zero * change)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const maxScale = c[4];
    const stepSize = c[5];
    const rootScale = c[6];
    const eps = c[7];
    const keepScale = c[8];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const maxExpAvgSq = states[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
      let largest = maxExpAvgSq[i];
      largest = max(largest, maxScale * v);
      maxExpAvgSq[i] = largest;
      change = change - stepSize * (m / (sqrt(largest) * rootScale + eps));
      let param = params[i];
      param = param + (zero > change * grad ? keepScale * change : zero * change);
      params[i] = param;
    }
  },

  measures: {
    names: ['kept'],

    f32(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const maxScale = c[4];
      const stepSize = c[5];
      const rootScale = c[6];
      const eps = c[7];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const maxExpAvgSq = states[2];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = fround(fround(beta1 * m) + fround(rest1 * grad));
        let v = expAvgSq[i];
        v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
        let largest = maxExpAvgSq[i];
        largest = max(largest, fround(maxScale * v));
        change = fround(
          change - fround(stepSize * fround(m / fround(fround(fround(sqrt(largest)) * rootScale) + eps))),
        );
        kept[i] = zero > fround(change * grad) ? 1 : zero;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const maxScale = c[4];
      const stepSize = c[5];
      const rootScale = c[6];
      const eps = c[7];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const maxExpAvgSq = states[2];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = beta1 * m + rest1 * grad;
        let v = expAvgSq[i];
        v = beta2 * v + rest2 * (grad * grad);
        let largest = maxExpAvgSq[i];
        largest = max(largest, maxScale * v);
        change = change - stepSize * (m / (sqrt(largest) * rootScale + eps));
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);
