import { cautious } from './cautious.js';
import { indexes, type Rule, sign } from './rule.js';

const { fround } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'lr');

/** Lion: W ← W − lr·sign(beta1·m + rest1·g); m ← beta2·m + rest2·g. Mirrors src/rules/lion.h. */
export const lion = {
  name: 'Lion',
  coefficients: c,
  state: ['expAvg'],

  f32(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const lr = row[c.lr];
    const expAvg = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = expAvg[i];
      const direction = sign(fround(fround(beta1 * m) + fround(rest1 * g)));
      param[i] = fround(param[i] - fround(lr * direction));
      expAvg[i] = fround(fround(beta2 * m) + fround(rest2 * g));
    }
  },

  f64(row, param, grad, state) {
    const beta1 = row[c.beta1];
    const rest1 = row[c.rest1];
    const beta2 = row[c.beta2];
    const rest2 = row[c.rest2];
    const lr = row[c.lr];
    const expAvg = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = expAvg[i];
      param[i] = param[i] - lr * sign(beta1 * m + rest1 * g);
      expAvg[i] = beta2 * m + rest2 * g;
    }
  },
} as const satisfies Rule;

export const cautiousLion = cautious(lion);
