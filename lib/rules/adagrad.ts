// AdaGrad: h <- h + g^2; W <- W - lr * g / (sqrt(h + epsInside) + eps)
// https://jmlr.org/papers/v12/duchi11a.html
//
// eps stands outside the root or inside it: one of the two is 0.
//
// Written from src/rules/adagrad.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const Adagrad = {
  name: 'Adagrad',
  coefficients: indexes('lr', 'epsInside', 'eps'),
  state: ['sum'],

  f32(c, params, grads, states) {
    const lr = c[0];
    const epsInside = c[1];
    const eps = c[2];
    const sum = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let h = sum[i];
      h = fround(h + fround(grad * grad));
      sum[i] = h;
      let param = params[i];
      param = fround(param - fround(fround(lr * grad) / fround(fround(sqrt(fround(h + epsInside))) + eps)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const lr = c[0];
    const epsInside = c[1];
    const eps = c[2];
    const sum = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let h = sum[i];
      h = h + grad * grad;
      sum[i] = h;
      let param = params[i];
      param = param - (lr * grad) / (sqrt(h + epsInside) + eps);
      params[i] = param;
    }
  },
} as const satisfies Rule;
