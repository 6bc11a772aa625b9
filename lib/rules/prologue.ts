// Prologue, which stands before every rule: g <- gradScale * g + l2 * W; W <- decay * W.
//
// gradScale is -1 to maximize; l2 is weight decay inside the gradient; decay = 1 - lr * weightDecay is decoupled from
// it.
//
// Written from src/rules/prologue.h by `npm run rules`: change that file, not this one.

import { indexes } from './rule.js';

const { fround } = Math;

export const Prologue = {
  name: 'Prologue',
  coefficients: indexes('gradScale', 'l2', 'decay'),

  f32(c: Float32Array, params: Float32Array, grads: Float32Array, decayed: Float32Array, scaled: Float32Array): void {
    const gradScale = c[0];
    const l2 = c[1];
    const decay = c[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      let grad = grads[i];
      grad = fround(fround(gradScale * grad) + fround(l2 * param));
      scaled[i] = grad;
      param = fround(decay * param);
      decayed[i] = param;
    }
  },

  f64(c: Float64Array, params: Float64Array, grads: Float64Array, decayed: Float64Array, scaled: Float64Array): void {
    const gradScale = c[0];
    const l2 = c[1];
    const decay = c[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      let grad = grads[i];
      grad = gradScale * grad + l2 * param;
      scaled[i] = grad;
      param = decay * param;
      decayed[i] = param;
    }
  },
} as const;
