// AdaBelief: m <- beta1 * m + (1 - beta1) * g; s <- beta2 * s + (1 - beta2) * (g - m)^2 + eps;
//            W <- W - lr / (1 - beta1^t) * m / (sqrt(s) / sqrt(1 - beta2^t) + eps)
// https://arxiv.org/abs/2010.07468
//
// rest = 1 - beta, stepSize = lr / (1 - beta1^t) and rootScale = 1 / sqrt(1 - beta2^t) are coefficients, as in Adam.
// eps stays in s, where it adds up to eps / (1 - beta2).
//
// Written from src/rules/adabelief.h by `npm run rules`: change that file, not this one.

import { cautious } from './cautious.js';
import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const AdaBelief = {
  name: 'AdaBelief',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps'),
  state: ['expAvg', 'expAvgVar'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const stepSize = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const expAvg = states[0];
    const expAvgVar = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      const surprise = fround(grad - m);
      let s = expAvgVar[i];
      s = fround(fround(fround(beta2 * s) + fround(rest2 * fround(surprise * surprise))) + eps);
      expAvgVar[i] = s;
      let param = params[i];
      param = fround(param - fround(stepSize * fround(m / fround(fround(fround(sqrt(s)) * rootScale) + eps))));
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
    const expAvgVar = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      const surprise = grad - m;
      let s = expAvgVar[i];
      s = beta2 * s + rest2 * (surprise * surprise) + eps;
      expAvgVar[i] = s;
      let param = params[i];
      param = param - stepSize * (m / (sqrt(s) * rootScale + eps));
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const CautiousAdaBelief = cautious({
  name: 'CautiousAdaBelief',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps', 'keepScale'),
  state: ['expAvg', 'expAvgVar'],

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
    const expAvgVar = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      const surprise = fround(grad - m);
      let s = expAvgVar[i];
      s = fround(fround(fround(beta2 * s) + fround(rest2 * fround(surprise * surprise))) + eps);
      expAvgVar[i] = s;
      change = fround(change - fround(stepSize * fround(m / fround(fround(fround(sqrt(s)) * rootScale) + eps))));
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
    const expAvgVar = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      const surprise = grad - m;
      let s = expAvgVar[i];
      s = beta2 * s + rest2 * (surprise * surprise) + eps;
      expAvgVar[i] = s;
      change = change - stepSize * (m / (sqrt(s) * rootScale + eps));
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
      const expAvgVar = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = fround(fround(beta1 * m) + fround(rest1 * grad));
        const surprise = fround(grad - m);
        let s = expAvgVar[i];
        s = fround(fround(fround(beta2 * s) + fround(rest2 * fround(surprise * surprise))) + eps);
        change = fround(change - fround(stepSize * fround(m / fround(fround(fround(sqrt(s)) * rootScale) + eps))));
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
      const expAvgVar = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = beta1 * m + rest1 * grad;
        const surprise = grad - m;
        let s = expAvgVar[i];
        s = beta2 * s + rest2 * (surprise * surprise) + eps;
        change = change - stepSize * (m / (sqrt(s) * rootScale + eps));
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);
