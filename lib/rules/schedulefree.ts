import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const s = indexes('start', 'weight', 'stepY', 'stepZ');

/**
 * Schedule-Free SGD: z ← z + start·y; y ← y + weight·(z − y) − stepY·g; z ← z − stepZ·g, where W is y.
 * Mirrors `ScheduleFreeSGD` in src/rules/schedulefree.h.
 */
export const scheduleFreeSGD = {
  name: 'ScheduleFreeSGD',
  coefficients: s,
  state: ['z'],

  f32(row, param, grad, state) {
    const start = row[s.start];
    const weight = row[s.weight];
    const stepY = row[s.stepY];
    const stepZ = row[s.stepZ];
    const z = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const y = param[i];
      const zLast = fround(z[i] + fround(start * y));
      param[i] = fround(fround(y + fround(weight * fround(zLast - y))) - fround(stepY * g));
      z[i] = fround(zLast - fround(stepZ * g));
    }
  },

  f64(row, param, grad, state) {
    const start = row[s.start];
    const weight = row[s.weight];
    const stepY = row[s.stepY];
    const stepZ = row[s.stepZ];
    const z = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const y = param[i];
      const zLast = z[i] + start * y;
      param[i] = y + weight * (zLast - y) - stepY * g;
      z[i] = zLast - stepZ * g;
    }
  },
} as const satisfies Rule;

const a = indexes('beta2', 'rest2', 'rootScale', 'eps', 'weightDecay', 'start', 'weight', 'stepY', 'stepZ');

/**
 * Schedule-Free AdamW: v ← beta2·v + rest2·g²; d = g / (√v·rootScale + eps) + weightDecay·y; then as `scheduleFreeSGD`
 * with d for g. Mirrors `ScheduleFreeAdamW` in src/rules/schedulefree.h.
 */
export const scheduleFreeAdamW = {
  name: 'ScheduleFreeAdamW',
  coefficients: a,
  state: ['z', 'expAvgSq'],

  f32(row, param, grad, state) {
    const beta2 = row[a.beta2];
    const rest2 = row[a.rest2];
    const rootScale = row[a.rootScale];
    const eps = row[a.eps];
    const weightDecay = row[a.weightDecay];
    const start = row[a.start];
    const weight = row[a.weight];
    const stepY = row[a.stepY];
    const stepZ = row[a.stepZ];
    const z = state[0];
    const expAvgSq = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const y = param[i];
      const v = fround(fround(beta2 * expAvgSq[i]) + fround(rest2 * fround(g * g)));
      expAvgSq[i] = v;
      const denominator = fround(fround(fround(sqrt(v)) * rootScale) + eps);
      const d = fround(fround(g / denominator) + fround(weightDecay * y));
      const zLast = fround(z[i] + fround(start * y));
      param[i] = fround(fround(y + fround(weight * fround(zLast - y))) - fround(stepY * d));
      z[i] = fround(zLast - fround(stepZ * d));
    }
  },

  f64(row, param, grad, state) {
    const beta2 = row[a.beta2];
    const rest2 = row[a.rest2];
    const rootScale = row[a.rootScale];
    const eps = row[a.eps];
    const weightDecay = row[a.weightDecay];
    const start = row[a.start];
    const weight = row[a.weight];
    const stepY = row[a.stepY];
    const stepZ = row[a.stepZ];
    const z = state[0];
    const expAvgSq = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const y = param[i];
      const v = beta2 * expAvgSq[i] + rest2 * (g * g);
      expAvgSq[i] = v;
      const d = g / (sqrt(v) * rootScale + eps) + weightDecay * y;
      const zLast = z[i] + start * y;
      param[i] = y + weight * (zLast - y) - stepY * d;
      z[i] = zLast - stepZ * d;
    }
  },
} as const satisfies Rule;
