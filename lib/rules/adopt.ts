// ADOPT: m <- beta1 * m + (1 - beta1) * clamp(g / max(sqrt(v), eps), +-(t - 1)^(1/4)); W <- W - lr * m;
//        v <- beta2 * v + (1 - beta2) * g^2
// https://arxiv.org/abs/2411.02853
//
// The gradient is divided by the v of the steps before it, and v comes last. rest = 1 - beta and bound = (t - 1)^(1/4)
// are coefficients. The first step only sets v to g^2: beta1 and rest2 are 1 then, rest1, beta2 and the bound 0.
//
// Written from src/rules/adopt.h by `npm run rules`: change that file, not this one.

import { cautious } from './cautious.js';
import { clamp, indexes, max, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const ADOPT = {
  name: 'ADOPT',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'lr', 'eps', 'bound'),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const lr = c[4];
    const eps = c[5];
    const bound = c[6];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      let v = expAvgSq[i];
      m = fround(fround(beta1 * m) + fround(rest1 * clamp(fround(grad / max(fround(sqrt(v)), eps)), bound)));
      expAvg[i] = m;
      let param = params[i];
      param = fround(param - fround(lr * m));
      params[i] = param;
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const lr = c[4];
    const eps = c[5];
    const bound = c[6];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      let v = expAvgSq[i];
      m = beta1 * m + rest1 * clamp(grad / max(sqrt(v), eps), bound);
      expAvg[i] = m;
      let param = params[i];
      param = param - lr * m;
      params[i] = param;
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
    }
  },
} as const satisfies Rule;

export const CautiousADOPT = cautious({
  name: 'CautiousADOPT',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'lr', 'eps', 'bound', 'keepScale'),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const lr = c[4];
    const eps = c[5];
    const bound = c[6];
    const keepScale = c[7];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      let v = expAvgSq[i];
      m = fround(fround(beta1 * m) + fround(rest1 * clamp(fround(grad / max(fround(sqrt(v)), eps)), bound)));
      expAvg[i] = m;
      change = fround(change - fround(lr * m));
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
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
    const lr = c[4];
    const eps = c[5];
    const bound = c[6];
    const keepScale = c[7];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      let v = expAvgSq[i];
      m = beta1 * m + rest1 * clamp(grad / max(sqrt(v), eps), bound);
      expAvg[i] = m;
      change = change - lr * m;
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
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
      const lr = c[4];
      const eps = c[5];
      const bound = c[6];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        let v = expAvgSq[i];
        m = fround(fround(beta1 * m) + fround(rest1 * clamp(fround(grad / max(fround(sqrt(v)), eps)), bound)));
        change = fround(change - fround(lr * m));
        v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
        kept[i] = zero > fround(change * grad) ? 1 : zero;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const lr = c[4];
      const eps = c[5];
      const bound = c[6];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        let v = expAvgSq[i];
        m = beta1 * m + rest1 * clamp(grad / max(sqrt(v), eps), bound);
        change = change - lr * m;
        v = beta2 * v + rest2 * (grad * grad);
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);
