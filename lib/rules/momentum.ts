import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const c = indexes('momentum', 'lr');

/** Momentum in Sutskever's form: v ← momentum·v − lr·g; W ← W + v. Mirrors `Momentum` in src/rules/momentum.h. */
export const momentum = {
  name: 'Momentum',
  coefficients: c,
  state: ['velocity'],

  f32(row, param, grad, state) {
    const momentum = row[c.momentum];
    const lr = row[c.lr];
    const velocity = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const v = fround(fround(momentum * velocity[i]) - fround(lr * grad[i]));
      velocity[i] = v;
      param[i] = fround(param[i] + v);
    }
  },

  f64(row, param, grad, state) {
    const momentum = row[c.momentum];
    const lr = row[c.lr];
    const velocity = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const v = momentum * velocity[i] - lr * grad[i];
      velocity[i] = v;
      param[i] = param[i] + v;
    }
  },
} as const satisfies Rule;

/** With Nesterov's look ahead: W ← W + (momentum·v − lr·g). Mirrors `MomentumNesterov` in src/rules/momentum.h. */
export const momentumNesterov = {
  name: 'MomentumNesterov',
  coefficients: c,
  state: ['velocity'],

  f32(row, param, grad, state) {
    const momentum = row[c.momentum];
    const lr = row[c.lr];
    const velocity = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const pull = fround(lr * grad[i]);
      const v = fround(fround(momentum * velocity[i]) - pull);
      velocity[i] = v;
      param[i] = fround(param[i] + fround(fround(momentum * v) - pull));
    }
  },

  f64(row, param, grad, state) {
    const momentum = row[c.momentum];
    const lr = row[c.lr];
    const velocity = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const pull = lr * grad[i];
      const v = momentum * velocity[i] - pull;
      velocity[i] = v;
      param[i] = param[i] + (momentum * v - pull);
    }
  },
} as const satisfies Rule;
