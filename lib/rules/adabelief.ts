import { cautious } from './cautious.js';
import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps');

/**
 * AdaBelief: m ← beta1·m + rest1·g; s ← beta2·s + rest2·(g − m)² + eps; W ← W − stepSize·(m / (√s·rootScale + eps)).
 * Mirrors src/rules/adabelief.h.
 */
export const adabelief = {
  name: 'AdaBelief',
  coefficients: c,
  state: ['expAvg', 'expAvgVar'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const stepSize = row[c.stepSize];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expAvgVar = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * g));
      const surprise = fround(g - m);
      const s = fround(fround(fround(beta2 * expAvgVar[i]) + fround(rest2 * fround(surprise * surprise))) + eps);
      expAvg[i] = m;
      expAvgVar[i] = s;
      const denominator = fround(fround(fround(sqrt(s)) * rootScale) + eps);
      param[i] = fround(param[i] - fround(stepSize * fround(m / denominator)));
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const stepSize = row[c.stepSize];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expAvgVar = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const surprise = g - m;
      const s = beta2 * expAvgVar[i] + rest2 * (surprise * surprise) + eps;
      expAvg[i] = m;
      expAvgVar[i] = s;
      const denominator = sqrt(s) * rootScale + eps;
      param[i] = param[i] - stepSize * (m / denominator);
    }
  },
} as const satisfies Rule;

export const cautiousAdaBelief = cautious(adabelief);
