import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const plain = indexes('lr');

/** Stochastic gradient descent: W ← W − lr·g. Mirrors `SGD` in src/rules/sgd.h. */
export const sgd = {
  name: 'SGD',
  coefficients: plain,
  state: [],

  f32(row, param, grad) {
    const lr = row[plain.lr];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      param[i] = fround(param[i] - fround(lr * grad[i]));
    }
  },

  f64(row, param, grad) {
    const lr = row[plain.lr];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      param[i] = param[i] - lr * grad[i];
    }
  },
} as const satisfies Rule;

const c = indexes('momentum', 'rest', 'lr');

/** With momentum in PyTorch's form: b ← momentum·b + rest·g; W ← W − lr·b. Mirrors `SGDMomentum` in src/rules/sgd.h. */
export const sgdMomentum = {
  name: 'SGDMomentum',
  coefficients: c,
  state: ['momentumBuffer'],

  f32(row, param, grad, state) {
    const momentum = row[c.momentum];
    const rest = row[c.rest];
    const lr = row[c.lr];
    const momentumBuffer = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const b = fround(fround(momentum * momentumBuffer[i]) + fround(rest * grad[i]));
      momentumBuffer[i] = b;
      param[i] = fround(param[i] - fround(lr * b));
    }
  },

  f64(row, param, grad, state) {
    const momentum = row[c.momentum];
    const rest = row[c.rest];
    const lr = row[c.lr];
    const momentumBuffer = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const b = momentum * momentumBuffer[i] + rest * grad[i];
      momentumBuffer[i] = b;
      param[i] = param[i] - lr * b;
    }
  },
} as const satisfies Rule;

/** With Nesterov's look ahead: W ← W − lr·(g + momentum·b). Mirrors `SGDNesterov` in src/rules/sgd.h. */
export const sgdNesterov = {
  name: 'SGDNesterov',
  coefficients: c,
  state: ['momentumBuffer'],

  f32(row, param, grad, state) {
    const momentum = row[c.momentum];
    const rest = row[c.rest];
    const lr = row[c.lr];
    const momentumBuffer = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const b = fround(fround(momentum * momentumBuffer[i]) + fround(rest * g));
      momentumBuffer[i] = b;
      param[i] = fround(param[i] - fround(lr * fround(g + fround(momentum * b))));
    }
  },

  f64(row, param, grad, state) {
    const momentum = row[c.momentum];
    const rest = row[c.rest];
    const lr = row[c.lr];
    const momentumBuffer = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const b = momentum * momentumBuffer[i] + rest * g;
      momentumBuffer[i] = b;
      param[i] = param[i] - lr * (g + momentum * b);
    }
  },
} as const satisfies Rule;
