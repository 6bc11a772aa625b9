// NAdam: m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2;
//        W <- W - lr * (mu_next / (1 - product * mu_next) * m + (1 - mu) / (1 - product) * g)
//                    / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ
//
// mu is beta1 as scheduled for this step, mu_next for the next, product that of all mu so far. rest = 1 - beta, and
// what stands before m and g are coefficients.
//
// Written from src/rules/nadam.h by `npm run rules`: change that file, not this one.

import { cautious } from './cautious.js';
import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const NAdam = {
  name: 'NAdam',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'momentStep', 'gradStep', 'rootScale', 'eps'),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const momentStep = c[4];
    const gradStep = c[5];
    const rootScale = c[6];
    const eps = c[7];
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
      const step = fround(fround(momentStep * m) + fround(gradStep * grad));
      let param = params[i];
      param = fround(param - fround(step / fround(fround(fround(sqrt(v)) * rootScale) + eps)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const momentStep = c[4];
    const gradStep = c[5];
    const rootScale = c[6];
    const eps = c[7];
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
      const step = momentStep * m + gradStep * grad;
      let param = params[i];
      param = param - step / (sqrt(v) * rootScale + eps);
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const CautiousNAdam = cautious({
  name: 'CautiousNAdam',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'momentStep', 'gradStep', 'rootScale', 'eps', 'keepScale'),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const momentStep = c[4];
    const gradStep = c[5];
    const rootScale = c[6];
    const eps = c[7];
    const keepScale = c[8];
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
      const step = fround(fround(momentStep * m) + fround(gradStep * grad));
      change = fround(change - fround(step / fround(fround(fround(sqrt(v)) * rootScale) + eps)));
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
    const momentStep = c[4];
    const gradStep = c[5];
    const rootScale = c[6];
    const eps = c[7];
    const keepScale = c[8];
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
      const step = momentStep * m + gradStep * grad;
      change = change - step / (sqrt(v) * rootScale + eps);
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
      const momentStep = c[4];
      const gradStep = c[5];
      const rootScale = c[6];
      const eps = c[7];
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
        const step = fround(fround(momentStep * m) + fround(gradStep * grad));
        change = fround(change - fround(step / fround(fround(fround(sqrt(v)) * rootScale) + eps)));
        kept[i] = zero > fround(change * grad) ? 1 : zero;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const momentStep = c[4];
      const gradStep = c[5];
      const rootScale = c[6];
      const eps = c[7];
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
        const step = momentStep * m + gradStep * grad;
        change = change - step / (sqrt(v) * rootScale + eps);
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);
