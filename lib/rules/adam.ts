import { cautious } from './cautious.js';
import { indexes, max, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootScale', 'eps');

/**
 * Adam: m ← beta1·m + rest1·g; v ← beta2·v + rest2·g²; W ← W − stepSize·(m / (√v·rootScale + eps)).
 * Mirrors `Adam` in src/rules/adam.h.
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
    const { length } = param;
    for (let i = 0; i < length; i++) {
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
    const { length } = param;
    for (let i = 0; i < length; i++) {
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

const a = indexes('beta1', 'rest1', 'beta2', 'rest2', 'maxScale', 'stepSize', 'rootScale', 'eps');

/** Adam over the largest v so far: the root is that of max(largest, maxScale·v). Mirrors `AMSGrad` in src/rules/adam.h. */
export const amsgrad = {
  name: 'AMSGrad',
  coefficients: a,
  state: ['expAvg', 'expAvgSq', 'maxExpAvgSq'],

  f32(row, param, grad, state) {
    const beta1 = row[a.beta1];
    const rest1 = row[a.rest1];
    const beta2 = row[a.beta2];
    const rest2 = row[a.rest2];
    const maxScale = row[a.maxScale];
    const stepSize = row[a.stepSize];
    const rootScale = row[a.rootScale];
    const eps = row[a.eps];
    const expAvg = state[0];
    const expAvgSq = state[1];
    const maxExpAvgSq = state[2];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = fround(fround(beta1 * expAvg[i]) + fround(rest1 * g));
      const v = fround(fround(beta2 * expAvgSq[i]) + fround(rest2 * fround(g * g)));
      expAvg[i] = m;
      expAvgSq[i] = v;
      const largest = max(maxExpAvgSq[i], fround(maxScale * v));
      maxExpAvgSq[i] = largest;
      const denominator = fround(fround(fround(sqrt(largest)) * rootScale) + eps);
      param[i] = fround(param[i] - fround(stepSize * fround(m / denominator)));
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[a.beta1];
    const rest1 = row[a.rest1];
    const beta2 = row[a.beta2];
    const rest2 = row[a.rest2];
    const maxScale = row[a.maxScale];
    const stepSize = row[a.stepSize];
    const rootScale = row[a.rootScale];
    const eps = row[a.eps];
    const expAvg = state[0];
    const expAvgSq = state[1];
    const maxExpAvgSq = state[2];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const v = beta2 * expAvgSq[i] + rest2 * (g * g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      const largest = max(maxExpAvgSq[i], maxScale * v);
      maxExpAvgSq[i] = largest;
      const denominator = sqrt(largest) * rootScale + eps;
      param[i] = param[i] - stepSize * (m / denominator);
    }
  },
} as const satisfies Rule;

export const cautiousAdam = cautious(adam);

export const cautiousAMSGrad = cautious(amsgrad);
