// Signum, sign descent with momentum: m <- momentum * m + (1 - momentum) * g; W <- W - lr * sign(m)
// https://arxiv.org/abs/1802.04434
//
// rest = 1 - momentum. The sign of zero is 0.
//
// Written from src/rules/signum.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule, sign } from './rule.js';

const { fround } = Math;

export const Signum = {
  name: 'Signum',
  coefficients: indexes('momentum', 'rest', 'lr'),
  state: ['expAvg'],

  f32(c, params, grads, states) {
    const momentum = c[0];
    const rest = c[1];
    const lr = c[2];
    const expAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(momentum * m) + fround(rest * grad));
      expAvg[i] = m;
      let param = params[i];
      param = fround(param - fround(lr * sign(m)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const momentum = c[0];
    const rest = c[1];
    const lr = c[2];
    const expAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = momentum * m + rest * grad;
      expAvg[i] = m;
      let param = params[i];
      param = param - lr * sign(m);
      params[i] = param;
    }
  },
} as const satisfies Rule;
