// Lion: W <- W - lr * sign(beta1 * m + (1 - beta1) * g); m <- beta2 * m + (1 - beta2) * g
// https://arxiv.org/abs/2302.06675
//
// rest = 1 - beta. The sign of zero is 0: an element that never has a gradient stays where it is.
//
// Written from src/rules/lion.h by `npm run rules`: change that file, not this one.

import { cautious } from './cautious.js';
import { indexes, type Rule, sign } from './rule.js';

const { fround } = Math;

export const Lion = {
  name: 'Lion',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'lr'),
  state: ['expAvg'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const lr = c[4];
    const expAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      let m = expAvg[i];
      param = fround(param - fround(lr * sign(fround(fround(beta1 * m) + fround(rest1 * grad)))));
      params[i] = param;
      m = fround(fround(beta2 * m) + fround(rest2 * grad));
      expAvg[i] = m;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const lr = c[4];
    const expAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      let m = expAvg[i];
      param = param - lr * sign(beta1 * m + rest1 * grad);
      params[i] = param;
      m = beta2 * m + rest2 * grad;
      expAvg[i] = m;
    }
  },
} as const satisfies Rule;

export const CautiousLion = cautious({
  name: 'CautiousLion',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'rest2', 'lr', 'keepScale'),
  state: ['expAvg'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const lr = c[4];
    const keepScale = c[5];
    const expAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      change = fround(change - fround(lr * sign(fround(fround(beta1 * m) + fround(rest1 * grad)))));
      m = fround(fround(beta2 * m) + fround(rest2 * grad));
      expAvg[i] = m;
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
    const keepScale = c[5];
    const expAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      change = change - lr * sign(beta1 * m + rest1 * grad);
      m = beta2 * m + rest2 * grad;
      expAvg[i] = m;
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
      const expAvg = states[0];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        change = fround(change - fround(lr * sign(fround(fround(beta1 * m) + fround(rest1 * grad)))));
        m = fround(fround(beta2 * m) + fround(rest2 * grad));
        kept[i] = zero > fround(change * grad) ? 1 : zero;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const lr = c[4];
      const expAvg = states[0];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        change = change - lr * sign(beta1 * m + rest1 * grad);
        m = beta2 * m + rest2 * grad;
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);
