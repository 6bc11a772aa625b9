// FTRL-Proximal: q(n) = n^-power; z <- z + g - (q(n + g^2) - q(n)) / lr * W; n <- n + g^2;
//                W <- abs(z) > l1 ? (clamp(z, +-l1) - z) / (q(n) / lr + beta / lr + 2 * l2) : 0
// https://research.google/pubs/pub41159
//
// q(n) is the square root, n itself or 1: root * sqrt(n) + linear * n, of whose coefficients at most one is 1; the 1 of
// power 0 makes no difference but below, and stands in rest with beta / lr + 2 * l2. scale = 1 / lr.
//
// Where q(n) / lr or n itself overflows, the step is 0, which is what it tends to: z and W stay as they are, unless the
// gradient is not finite.
//
// Written from src/rules/ftrl.h by `npm run rules`: change that file, not this one.

import { clamp, indexes, type Rule } from './rule.js';

const { abs, fround, sqrt } = Math;

export const FTRL = {
  name: 'FTRL',
  coefficients: indexes('root', 'linear', 'scale', 'l1', 'rest'),
  state: ['accumulator', 'linearTerm'],

  f32(c, params, grads, states) {
    const root = c[0];
    const linear = c[1];
    const scale = c[2];
    const l1 = c[3];
    const rest = c[4];
    const accumulator = states[0];
    const linearTerm = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let n = accumulator[i];
      const before = fround(fround(root * fround(sqrt(n))) + fround(linear * n));
      const grad = grads[i];
      n = fround(n + fround(grad * grad));
      accumulator[i] = n;
      const q = fround(fround(root * fround(sqrt(n))) + fround(linear * n));
      const curvature = fround(q * scale);
      const steepest = n === Infinity ? n : curvature;
      const stay = fround(grad - grad);
      let param = params[i];
      let z = linearTerm[i];
      const nextZ = fround(z + fround(grad - fround(fround(scale * fround(q - before)) * param)));
      z = steepest === Infinity ? fround(z + stay) : nextZ;
      linearTerm[i] = z;
      const next = fround(fround(clamp(nextZ, l1) - nextZ) / fround(curvature + rest));
      const moved = abs(nextZ) > l1 ? next : fround(nextZ - nextZ);
      param = steepest === Infinity ? fround(param + stay) : moved;
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const root = c[0];
    const linear = c[1];
    const scale = c[2];
    const l1 = c[3];
    const rest = c[4];
    const accumulator = states[0];
    const linearTerm = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let n = accumulator[i];
      const before = root * sqrt(n) + linear * n;
      const grad = grads[i];
      n = n + grad * grad;
      accumulator[i] = n;
      const q = root * sqrt(n) + linear * n;
      const curvature = q * scale;
      const steepest = n === Infinity ? n : curvature;
      const stay = grad - grad;
      let param = params[i];
      let z = linearTerm[i];
      const nextZ = z + (grad - scale * (q - before) * param);
      z = steepest === Infinity ? z + stay : nextZ;
      linearTerm[i] = z;
      const next = (clamp(nextZ, l1) - nextZ) / (curvature + rest);
      const moved = abs(nextZ) > l1 ? next : nextZ - nextZ;
      param = steepest === Infinity ? param + stay : moved;
      params[i] = param;
    }
  },
} as const satisfies Rule;
