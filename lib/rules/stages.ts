import { copyInto } from '../arrays.js';
import { clamp, indexes, type Rule } from './rule.js';

const { fround } = Math;

/** Several gradients of one parameter, one after the other. Mirrors `Sum` in src/rules/stages.h. */
export const sum = {
  name: 'Sum',
  coefficients: {},
  state: [],

  f32(_row, total, grad) {
    const { length } = total;
    for (let i = 0; i < length; i++) total[i] = fround(total[i] + grad[i]);
  },

  f64(_row, total, grad) {
    const { length } = total;
    for (let i = 0; i < length; i++) total[i] = total[i] + grad[i];
  },
} as const satisfies Rule;

const c = indexes('scale', 'bound');

/** Each element scaled, then held within ±bound. Mirrors `Clamp` in src/rules/stages.h. */
export const clampRule = {
  name: 'Clamp',
  coefficients: c,
  state: [],

  f32(row, clamped, grad) {
    const scale = row[c.scale];
    const bound = row[c.bound];
    const { length } = clamped;
    for (let i = 0; i < length; i++) clamped[i] = clamp(fround(scale * grad[i]), bound);
  },

  f64(row, clamped, grad) {
    const scale = row[c.scale];
    const bound = row[c.bound];
    const { length } = clamped;
    for (let i = 0; i < length; i++) clamped[i] = clamp(scale * grad[i], bound);
  },
} as const satisfies Rule;

/** Changes nothing: measures the gradient. Mirrors `GradNorm` in src/rules/stages.h. */
export const gradNorm = {
  name: 'GradNorm',
  coefficients: {},
  state: [],
  f32() {},
  f64() {},

  measures: {
    names: ['norm'],
    f32(_row, _param, grad, _state, [norm]) {
      copyInto(norm, grad);
    },
    f64(_row, _param, grad, _state, [norm]) {
      copyInto(norm, grad);
    },
  },
} as const satisfies Rule;
