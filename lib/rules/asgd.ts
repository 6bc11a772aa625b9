// ASGD: W <- (1 - lambd * eta) * W - eta * g; ax <- ax + mu * (W - ax)
// https://doi.org/10.1137/0330046
//
// 1 - lambd * eta stands in the prologue. While mu is 1, ax is W exactly.
//
// Written from src/rules/asgd.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround } = Math;

export const ASGD = {
  name: 'ASGD',
  coefficients: indexes('eta', 'mu'),
  state: ['ax'],

  f32(c, params, grads, states) {
    const eta = c[0];
    const mu = c[1];
    const ax = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      param = fround(param - fround(eta * grad));
      params[i] = param;
      let average = ax[i];
      average = 1 > mu ? fround(average + fround(mu * fround(param - average))) : param;
      ax[i] = average;
    }
  },

  f64(c, params, grads, states) {
    const eta = c[0];
    const mu = c[1];
    const ax = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      param = param - eta * grad;
      params[i] = param;
      let average = ax[i];
      average = 1 > mu ? average + mu * (param - average) : param;
      ax[i] = average;
    }
  },
} as const satisfies Rule;
