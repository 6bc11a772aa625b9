import { cautious } from './cautious.js';
import { clamp, indexes, max, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'lr', 'eps', 'bound');

/**
 * ADOPT: m ← beta1·m + rest1·clamp(g / max(√v, eps), ±bound); W ← W − lr·m; v ← beta2·v + rest2·g².
 * Mirrors src/rules/adopt.h.
 */
export const adopt = {
  name: 'ADOPT',
  coefficients: c,
  state: ['expAvg', 'expAvgSq'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const lr = row[c.lr];
    const eps = row[c.eps];
    const bound = row[c.bound];
    const expAvg = state[0];
    const expAvgSq = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = expAvgSq[i];
      const normed = clamp(fround(g / max(fround(sqrt(v)), eps)), bound);
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * normed));
      expAvg[i] = m;
      param[i] = fround(param[i] - fround(lr * m));
      expAvgSq[i] = fround(fround(beta2 * v) + fround(rest2 * fround(g * g)));
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const lr = row[c.lr];
    const eps = row[c.eps];
    const bound = row[c.bound];
    const expAvg = state[0];
    const expAvgSq = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = expAvgSq[i];
      const m = beta1 * expAvg[i] + rest1 * clamp(g / max(sqrt(v), eps), bound);
      expAvg[i] = m;
      param[i] = param[i] - lr * m;
      expAvgSq[i] = beta2 * v + rest2 * (g * g);
    }
  },
} as const satisfies Rule;

export const cautiousADOPT = cautious(adopt);
