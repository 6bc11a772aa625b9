import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps');

/**
 * Adam: m ← beta1·m + rest1·g; v ← beta2·v + rest2·g²; W ← W − stepSize·(m / (√v·rootScale + eps)).
 * Mirrors src/rules/adam.h.
 */
export const adam = {
  name: 'Adam',
  coefficients: c,
  state: ['expAvg', 'expAvgSq'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const stepSize = row[c.stepSize];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const expAvg = state[0];
    const expAvgSq = state[1];
    for (let i = 0; i < param.length; i++) {
      const g = grad[i];
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * g));
      const v = fround(fround(beta2 * expAvgSq[i]) + fround(rest2 * fround(g * g)));
      expAvg[i] = m;
      expAvgSq[i] = v;
      const denominator = fround(fround(fround(sqrt(v)) * rootScale) + eps);
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
    const expAvgSq = state[1];
    for (let i = 0; i < param.length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const v = beta2 * expAvgSq[i] + rest2 * (g * g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      const denominator = sqrt(v) * rootScale + eps;
      param[i] = param[i] - stepSize * (m / denominator);
    }
  },
} as const satisfies Rule;
