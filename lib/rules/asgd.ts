import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const c = indexes('eta', 'keep', 'mu');

/** ASGD: W ← W − eta·g; ax ← keep·ax + mu·W. Mirrors src/rules/asgd.h. */
export const asgd = {
  name: 'ASGD',
  coefficients: c,
  state: ['ax'],

  f32(row, param, grad, state) {
    const eta = row[c.eta];
    const keep = row[c.keep];
    const mu = row[c.mu];
    const ax = state[0];
    for (let i = 0; i < param.length; i++) {
      const w = fround(param[i] - fround(eta * grad[i]));
      param[i] = w;
      ax[i] = fround(fround(keep * ax[i]) + fround(mu * w));
    }
  },

  f64(row, param, grad, state) {
    const eta = row[c.eta];
    const keep = row[c.keep];
    const mu = row[c.mu];
    const ax = state[0];
    for (let i = 0; i < param.length; i++) {
      const w = param[i] - eta * grad[i];
      param[i] = w;
      ax[i] = keep * ax[i] + mu * w;
    }
  },
} as const satisfies Rule;
