import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const c = indexes('lr');

/** Stochastic gradient descent: W ← W − lr·g. Mirrors src/rules/sgd.h. */
export const sgd = {
  name: 'SGD',
  coefficients: c,
  state: [],

  f32(row, param, grad) {
    const lr = row[c.lr];
    for (let i = 0; i < param.length; i++) {
      param[i] = fround(param[i] - fround(lr * grad[i]));
    }
  },

  f64(row, param, grad) {
    const lr = row[c.lr];
    for (let i = 0; i < param.length; i++) {
      param[i] = param[i] - lr * grad[i];
    }
  },
} as const satisfies Rule;
