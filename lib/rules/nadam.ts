import { cautious } from './cautious.js';
import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'momentStep', 'gradStep', 'rootScale', 'eps');

/**
 * NAdam: m ← beta1·m + rest1·g; v ← beta2·v + rest2·g²; W ← W − (momentStep·m + gradStep·g) / (√v·rootScale + eps).
 * Mirrors src/rules/nadam.h.
 */
export const nadam = {
  name: 'NAdam',
  coefficients: c,
  state: ['expAvg', 'expAvgSq'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const momentStep = row[c.momentStep];
    const gradStep = row[c.gradStep];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expAvgSq = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * g));
      const v = fround(fround(beta2 * expAvgSq[i]) + fround(rest2 * fround(g * g)));
      expAvg[i] = m;
      expAvgSq[i] = v;
      const step = fround(fround(momentStep * m) + fround(gradStep * g));
      const denominator = fround(fround(fround(sqrt(v)) * rootScale) + eps);
      param[i] = fround(param[i] - fround(step / denominator));
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const momentStep = row[c.momentStep];
    const gradStep = row[c.gradStep];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expAvgSq = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const v = beta2 * expAvgSq[i] + rest2 * (g * g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      const step = momentStep * m + gradStep * g;
      param[i] = param[i] - step / (sqrt(v) * rootScale + eps);
    }
  },
} as const satisfies Rule;

export const cautiousNAdam = cautious(nadam);
