import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('lr', 'epsInside', 'eps');

/** AdaGrad: h ← h + g²; W ← W − lr·g / (√(h + epsInside) + eps). Mirrors src/rules/adagrad.h. */
export const adagrad = {
  name: 'Adagrad',
  coefficients: c,
  state: ['sum'],

  f32(row, param, grad, state) {
    const lr = row[c.lr];
    const epsInside = row[c.epsInside];
    const eps = row[c.eps];
    const sum = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const h = fround(sum[i] + fround(g * g));
      sum[i] = h;
      param[i] = fround(param[i] - fround(fround(lr * g) / fround(fround(sqrt(fround(h + epsInside))) + eps)));
    }
  },

  f64(row, param, grad, state) {
    const lr = row[c.lr];
    const epsInside = row[c.epsInside];
    const eps = row[c.eps];
    const sum = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const h = sum[i] + g * g;
      sum[i] = h;
      param[i] = param[i] - (lr * g) / (sqrt(h + epsInside) + eps);
    }
  },
} as const satisfies Rule;
