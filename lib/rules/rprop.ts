// Rprop: s <- limit(s * (shrink | 1 | grow), smallest, largest), as g has the sign opposite to that of the last g | one
//        of the two is 0 | the same sign; where opposite, g <- 0; W <- W - s * sign(g); last g <- g
// https://doi.org/10.1109/ICNN.1993.298623
//
// Signs are multiplied and not gradients, whose product might underflow.
//
// Written from src/rules/rprop.h by `npm run rules`: change that file, not this one.

import { indexes, limit, type Rule, sign } from './rule.js';

const { fround } = Math;

export const Rprop = {
  name: 'Rprop',
  coefficients: indexes('shrink', 'grow', 'smallest', 'largest'),
  state: ['prev', 'stepSize'],

  f32(c, params, grads, states) {
    const shrink = c[0];
    const grow = c[1];
    const smallest = c[2];
    const largest = c[3];
    const prev = states[0];
    const stepSize = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      const grad = grads[i];
      const direction = sign(grad);
      let last = prev[i];
      const agreement = fround(direction * sign(last));
      const factor = agreement > zero ? grow : zero > agreement ? shrink : fround(1 + agreement);
      let size = stepSize[i];
      size = limit(fround(size * factor), smallest, largest);
      stepSize[i] = size;
      let param = params[i];
      param = fround(param - fround(size * (zero > agreement ? zero : direction)));
      params[i] = param;
      last = zero > agreement ? zero : grad;
      prev[i] = last;
    }
  },

  f64(c, params, grads, states) {
    const shrink = c[0];
    const grow = c[1];
    const smallest = c[2];
    const largest = c[3];
    const prev = states[0];
    const stepSize = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      const grad = grads[i];
      const direction = sign(grad);
      let last = prev[i];
      const agreement = direction * sign(last);
      const factor = agreement > zero ? grow : zero > agreement ? shrink : 1 + agreement;
      let size = stepSize[i];
      size = limit(size * factor, smallest, largest);
      stepSize[i] = size;
      let param = params[i];
      param = param - size * (zero > agreement ? zero : direction);
      params[i] = param;
      last = zero > agreement ? zero : grad;
      prev[i] = last;
    }
  },
} as const satisfies Rule;
