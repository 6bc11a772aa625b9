// Schedule-Free: W is y, where gradients are taken. Beside it runs z, which steps as SGD or AdamW would; x, the average
// of all z, is what is learned, and lies on one line with them: y = (1 - beta1) * z + beta1 * x. It is never written:
//   y <- y + c * (z - y) - lr * (1 - beta1 * (1 - c)) * d;  z <- z - lr * d
// https://arxiv.org/abs/2405.15682
//
// d = g (SGD) or, with v <- beta2 * v + (1 - beta2) * g^2, d = g / (sqrt(v) / sqrt(1 - beta2^t) + eps) + weightDecay *
// y (AdamW). weight = c, this z's share of the average; stepY = lr * (1 - beta1 * (1 - c)), stepZ = lr, rest2 = 1 -
// beta2 and rootScale = 1 / sqrt(1 - beta2^t) are coefficients. z starts at 0, and start is 1 in the first step: z is W
// then.
//
// Written from src/rules/schedulefree.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const ScheduleFreeSGD = {
  name: 'ScheduleFreeSGD',
  coefficients: indexes('start', 'weight', 'stepY', 'stepZ'),
  state: ['z'],

  f32(c, params, grads, states) {
    const start = c[0];
    const weight = c[1];
    const stepY = c[2];
    const stepZ = c[3];
    const z = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let y = params[i];
      let zNext = z[i];
      const zLast = fround(zNext + fround(start * y));
      const grad = grads[i];
      y = fround(fround(y + fround(weight * fround(zLast - y))) - fround(stepY * grad));
      params[i] = y;
      zNext = fround(zLast - fround(stepZ * grad));
      z[i] = zNext;
    }
  },

  f64(c, params, grads, states) {
    const start = c[0];
    const weight = c[1];
    const stepY = c[2];
    const stepZ = c[3];
    const z = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let y = params[i];
      let zNext = z[i];
      const zLast = zNext + start * y;
      const grad = grads[i];
      y = y + weight * (zLast - y) - stepY * grad;
      params[i] = y;
      zNext = zLast - stepZ * grad;
      z[i] = zNext;
    }
  },
} as const satisfies Rule;

export const ScheduleFreeAdamW = {
  name: 'ScheduleFreeAdamW',
  coefficients: indexes('beta2', 'rest2', 'rootScale', 'eps', 'weightDecay', 'start', 'weight', 'stepY', 'stepZ'),
  state: ['z', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta2 = c[0];
    const rest2 = c[1];
    const rootScale = c[2];
    const eps = c[3];
    const weightDecay = c[4];
    const start = c[5];
    const weight = c[6];
    const stepY = c[7];
    const stepZ = c[8];
    const z = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = expAvgSq[i];
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
      let y = params[i];
      const d = fround(fround(grad / fround(fround(fround(sqrt(v)) * rootScale) + eps)) + fround(weightDecay * y));
      let zNext = z[i];
      const zLast = fround(zNext + fround(start * y));
      y = fround(fround(y + fround(weight * fround(zLast - y))) - fround(stepY * d));
      params[i] = y;
      zNext = fround(zLast - fround(stepZ * d));
      z[i] = zNext;
    }
  },

  f64(c, params, grads, states) {
    const beta2 = c[0];
    const rest2 = c[1];
    const rootScale = c[2];
    const eps = c[3];
    const weightDecay = c[4];
    const start = c[5];
    const weight = c[6];
    const stepY = c[7];
    const stepZ = c[8];
    const z = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = expAvgSq[i];
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
      let y = params[i];
      const d = grad / (sqrt(v) * rootScale + eps) + weightDecay * y;
      let zNext = z[i];
      const zLast = zNext + start * y;
      y = y + weight * (zLast - y) - stepY * d;
      params[i] = y;
      zNext = zLast - stepZ * d;
      z[i] = zNext;
    }
  },
} as const satisfies Rule;
