import { cautious } from './cautious.js';
import { indexes, max, type Rule } from './rule.js';

const { abs, fround } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'epsInside', 'stepSize', 'eps');

/**
 * Adamax: m ← beta1·m + rest1·g; u ← max(beta2·u, |g| + epsInside); W ← W − stepSize·(m / (u + eps)).
 * Mirrors src/rules/adamax.h.
 */
export const adamax = {
  name: 'Adamax',
  coefficients: c,
  state: ['expAvg', 'expInf'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const epsInside = row[c.epsInside];
    const stepSize = row[c.stepSize];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expInf = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * g));
      const u = max(fround(beta2 * expInf[i]), fround(abs(g) + epsInside));
      expAvg[i] = m;
      expInf[i] = u;
      param[i] = fround(param[i] - fround(stepSize * fround(m / fround(u + eps))));
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const epsInside = row[c.epsInside];
    const stepSize = row[c.stepSize];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expInf = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const u = max(beta2 * expInf[i], abs(g) + epsInside);
      expAvg[i] = m;
      expInf[i] = u;
      param[i] = param[i] - stepSize * (m / (u + eps));
    }
  },
} as const satisfies Rule;

export const cautiousAdamax = cautious(adamax);
