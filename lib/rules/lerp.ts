// Linear interpolation: W <- W + share * (end - W), where the end of the line stands in place of the gradient.
//
// No optimizer's step, but how one with two modes (schedulefree.h) goes from one to the other.
//
// Written from src/rules/lerp.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround } = Math;

export const Lerp = {
  name: 'Lerp',
  coefficients: indexes('share'),
  state: [],

  f32(c, params, grads) {
    const share = c[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const end = grads[i];
      param = fround(param + fround(share * fround(end - param)));
      params[i] = param;
    }
  },

  f64(c, params, grads) {
    const share = c[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const end = grads[i];
      param = param + share * (end - param);
      params[i] = param;
    }
  },
} as const satisfies Rule;
