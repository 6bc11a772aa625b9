import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes(
  'beta1',
  'rest1',
  'beta2',
  'rest2',
  'beta3',
  'rest3',
  'ahead',
  'stepSize',
  'stepSizeDiff',
  'epsInside',
  'rootScale',
  'eps',
  'shrink',
);

/**
 * Adan: d ← g − last g; m ← beta1·m + rest1·g; e ← beta2·e + rest2·d; n ← beta3·n + rest3·(g + ahead·d)²;
 * W ← shrink·(W − (stepSize·m + stepSizeDiff·e) / (√(n + epsInside)·rootScale + eps)). Mirrors src/rules/adan.h.
 */
export const adan = {
  name: 'Adan',
  coefficients: c,
  state: ['expAvg', 'expAvgDiff', 'expAvgSq', 'lastGrad'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const beta3 = row[c.beta3];
    const rest3 = row[c.rest3];
    const ahead = row[c.ahead];
    const stepSize = row[c.stepSize];
    const stepSizeDiff = row[c.stepSizeDiff];
    const epsInside = row[c.epsInside];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const shrink = row[c.shrink];
    const expAvg = state[0];
    const expAvgDiff = state[1];
    const expAvgSq = state[2];
    const lastGrad = state[3];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const d = fround(g - lastGrad[i]);
      const u = fround(g + fround(ahead * d));
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * g));
      const e = fround(fround(beta2 * expAvgDiff[i]) + fround(rest2 * d));
      const n = fround(fround(beta3 * expAvgSq[i]) + fround(rest3 * fround(u * u)));
      expAvg[i] = m;
      expAvgDiff[i] = e;
      expAvgSq[i] = n;
      const step = fround(fround(stepSize * m) + fround(stepSizeDiff * e));
      const denominator = fround(fround(fround(sqrt(fround(n + epsInside))) * rootScale) + eps);
      param[i] = fround(shrink * fround(param[i] - fround(step / denominator)));
      lastGrad[i] = g;
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const beta3 = row[c.beta3];
    const rest3 = row[c.rest3];
    const ahead = row[c.ahead];
    const stepSize = row[c.stepSize];
    const stepSizeDiff = row[c.stepSizeDiff];
    const epsInside = row[c.epsInside];
    const rootScale = row[c.rootScale];
    const eps = row[c.eps];
    const shrink = row[c.shrink];
    const expAvg = state[0];
    const expAvgDiff = state[1];
    const expAvgSq = state[2];
    const lastGrad = state[3];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const d = g - lastGrad[i];
      const u = g + ahead * d;
      const m = beta1 * expAvg[i] + rest1 * g;
      const e = beta2 * expAvgDiff[i] + rest2 * d;
      const n = beta3 * expAvgSq[i] + rest3 * (u * u);
      expAvg[i] = m;
      expAvgDiff[i] = e;
      expAvgSq[i] = n;
      const step = stepSize * m + stepSizeDiff * e;
      const denominator = sqrt(n + epsInside) * rootScale + eps;
      param[i] = shrink * (param[i] - step / denominator);
      lastGrad[i] = g;
    }
  },
} as const satisfies Rule;
