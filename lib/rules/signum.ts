import { indexes, type Rule, sign } from './rule.js';

const { fround } = Math;

const c = indexes('momentum', 'rest', 'lr');

/** Signum: m ← momentum·m + rest·g; W ← W − lr·sign(m). Mirrors src/rules/signum.h. */
export const signum = {
  name: 'Signum',
  coefficients: c,
  state: ['expAvg'],

  f32(row, param, grad, state) {
    const momentum = row[c.momentum];
    const rest = row[c.rest];
    const lr = row[c.lr];
    const expAvg = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const m = fround(fround(momentum * expAvg[i]) + fround(rest * grad[i]));
      expAvg[i] = m;
      param[i] = fround(param[i] - fround(lr * sign(m)));
    }
  },

  f64(row, param, grad, state) {
    const momentum = row[c.momentum];
    const rest = row[c.rest];
    const lr = row[c.lr];
    const expAvg = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const m = momentum * expAvg[i] + rest * grad[i];
      expAvg[i] = m;
      param[i] = param[i] - lr * sign(m);
    }
  },
} as const satisfies Rule;
