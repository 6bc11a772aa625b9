import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const c = indexes('eta', 'mu');

/** ASGD: W ← W − eta·g; ax ← ax + mu·(W − ax), which is W while mu is 1. Mirrors src/rules/asgd.h. */
export const asgd = {
  name: 'ASGD',
  coefficients: c,
  state: ['ax'],

  f32(row, param, grad, state) {
    const eta = row[c.eta];
    const mu = row[c.mu];
    const ax = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const w = fround(param[i] - fround(eta * grad[i]));
      param[i] = w;
      ax[i] = 1 > mu ? fround(ax[i] + fround(mu * fround(w - ax[i]))) : w;
    }
  },

  f64(row, param, grad, state) {
    const eta = row[c.eta];
    const mu = row[c.mu];
    const ax = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const w = param[i] - eta * grad[i];
      param[i] = w;
      ax[i] = 1 > mu ? ax[i] + mu * (w - ax[i]) : w;
    }
  },
} as const satisfies Rule;
