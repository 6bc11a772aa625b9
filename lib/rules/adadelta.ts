import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('rho', 'rest', 'eps', 'lr');

/**
 * Adadelta: v ← rho·v + rest·g²; d ← √((u + eps) / (v + eps))·g; u ← rho·u + rest·d²; W ← W − lr·d.
 * Mirrors src/rules/adadelta.h.
 */
export const adadelta = {
  name: 'Adadelta',
  coefficients: c,
  state: ['squareAvg', 'accDelta'],

  f32(row, param, grad, state) {
    const rho = row[c.rho];
    const rest = row[c.rest];
    const eps = row[c.eps];
    const lr = row[c.lr];
    const squareAvg = state[0];
    const accDelta = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = fround(fround(rho * squareAvg[i]) + fround(rest * fround(g * g)));
      squareAvg[i] = v;
      const u = accDelta[i];
      const delta = fround(fround(sqrt(fround(fround(u + eps) / fround(v + eps)))) * g);
      accDelta[i] = fround(fround(rho * u) + fround(rest * fround(delta * delta)));
      param[i] = fround(param[i] - fround(lr * delta));
    }
  },

  f64(row, param, grad, state) {
    const rho = row[c.rho];
    const rest = row[c.rest];
    const eps = row[c.eps];
    const lr = row[c.lr];
    const squareAvg = state[0];
    const accDelta = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = rho * squareAvg[i] + rest * (g * g);
      squareAvg[i] = v;
      const u = accDelta[i];
      const delta = sqrt((u + eps) / (v + eps)) * g;
      accDelta[i] = rho * u + rest * (delta * delta);
      param[i] = param[i] - lr * delta;
    }
  },
} as const satisfies Rule;
