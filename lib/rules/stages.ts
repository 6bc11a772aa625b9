// What a step does to gradients before its rule gets them. No optimizer's rules, but swept by the same loop.
//
// Sum: several gradients of one parameter, one after the other. Clamp: each element scaled, then held within +-bound.
// GradNorm changes nothing: it measures.
//
// Written from src/rules/stages.h by `npm run rules`: change that file, not this one.

import { copyInto } from '../arrays.js';
import { clamp, indexes, type Rule } from './rule.js';

const { fround } = Math;

export const Sum = {
  name: 'Sum',
  coefficients: {},
  state: [],

  f32(_c, params, grads) {
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let sum = params[i];
      const grad = grads[i];
      sum = fround(sum + grad);
      params[i] = sum;
    }
  },

  f64(_c, params, grads) {
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let sum = params[i];
      const grad = grads[i];
      sum = sum + grad;
      params[i] = sum;
    }
  },
} as const satisfies Rule;

export const Clamp = {
  name: 'Clamp',
  coefficients: indexes('scale', 'bound'),
  state: [],

  f32(c, params, grads) {
    const scale = c[0];
    const bound = c[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      const clamped = clamp(fround(scale * grad), bound);
      params[i] = clamped;
    }
  },

  f64(c, params, grads) {
    const scale = c[0];
    const bound = c[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      const clamped = clamp(scale * grad, bound);
      params[i] = clamped;
    }
  },
} as const satisfies Rule;

export const GradNorm = {
  name: 'GradNorm',
  coefficients: {},
  state: [],

  f32() {},

  f64() {},

  measures: {
    names: ['norm'],

    f32(_c, _params, grads, _states, values) {
      const norm = values[0];
      copyInto(norm, grads);
    },

    f64(_c, _params, grads, _states, values) {
      const norm = values[0];
      copyInto(norm, grads);
    },
  },
} as const satisfies Rule;
