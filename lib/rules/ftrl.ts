import { clamp, indexes, type Rule } from './rule.js';

const { abs, fround, sqrt } = Math;

const c = indexes('root', 'linear', 'scale', 'l1', 'rest');

/**
 * FTRL-Proximal, with q(n) = root·√n + linear·n: z ← z + (g − scale·(q(n + g²) − q(n))·W); n ← n + g²;
 * W ← abs(z) > l1 ? (clamp(z, ±l1) − z) / (q(n)·scale + rest) : 0. Mirrors src/rules/ftrl.h.
 */
export const ftrl = {
  name: 'FTRL',
  coefficients: c,
  state: ['accumulator', 'linearTerm'],

  f32(row, param, grad, state) {
    const root = row[c.root];
    const linear = row[c.linear];
    const scale = row[c.scale];
    const l1 = row[c.l1];
    const rest = row[c.rest];
    const accumulator = state[0];
    const linearTerm = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const old = accumulator[i];
      const before = fround(fround(root * fround(sqrt(old))) + fround(linear * old));
      const n = fround(old + fround(g * g));
      accumulator[i] = n;
      const q = fround(fround(root * fround(sqrt(n))) + fround(linear * n));
      const pull = fround(fround(scale * fround(q - before)) * param[i]);
      const z = fround(linearTerm[i] + fround(g - pull));
      linearTerm[i] = z;
      const next = fround(fround(clamp(z, l1) - z) / fround(fround(q * scale) + rest));
      param[i] = abs(z) > l1 ? next : z - z;
    }
  },

  f64(row, param, grad, state) {
    const root = row[c.root];
    const linear = row[c.linear];
    const scale = row[c.scale];
    const l1 = row[c.l1];
    const rest = row[c.rest];
    const accumulator = state[0];
    const linearTerm = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const old = accumulator[i];
      const before = root * sqrt(old) + linear * old;
      const n = old + g * g;
      accumulator[i] = n;
      const q = root * sqrt(n) + linear * n;
      const z = linearTerm[i] + (g - scale * (q - before) * param[i]);
      linearTerm[i] = z;
      const next = (clamp(z, l1) - z) / (q * scale + rest);
      param[i] = abs(z) > l1 ? next : z - z;
    }
  },
} as const satisfies Rule;
