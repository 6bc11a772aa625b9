// Stochastic gradient descent: W <- W - lr * g
// With momentum as PyTorch writes it, lr outside the buffer: b <- momentum * b + rest * g; W <- W - lr * b,
// or with Nesterov's look ahead W <- W - lr * (g + momentum * b). rest = 1 - dampening, and 1 in the first step.
//
// Written from src/rules/sgd.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround } = Math;

export const SGD = {
  name: 'SGD',
  coefficients: indexes('lr'),
  state: [],

  f32(c, params, grads) {
    const lr = c[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      param = fround(param - fround(lr * grad));
      params[i] = param;
    }
  },

  f64(c, params, grads) {
    const lr = c[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      param = param - lr * grad;
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const SGDMomentum = {
  name: 'SGDMomentum',
  coefficients: indexes('momentum', 'rest', 'lr'),
  state: ['momentumBuffer'],

  f32(c, params, grads, states) {
    const momentum = c[0];
    const rest = c[1];
    const lr = c[2];
    const momentumBuffer = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let b = momentumBuffer[i];
      b = fround(fround(momentum * b) + fround(rest * grad));
      momentumBuffer[i] = b;
      let param = params[i];
      param = fround(param - fround(lr * b));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const momentum = c[0];
    const rest = c[1];
    const lr = c[2];
    const momentumBuffer = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let b = momentumBuffer[i];
      b = momentum * b + rest * grad;
      momentumBuffer[i] = b;
      let param = params[i];
      param = param - lr * b;
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const SGDNesterov = {
  name: 'SGDNesterov',
  coefficients: indexes('momentum', 'rest', 'lr'),
  state: ['momentumBuffer'],

  f32(c, params, grads, states) {
    const momentum = c[0];
    const rest = c[1];
    const lr = c[2];
    const momentumBuffer = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let b = momentumBuffer[i];
      b = fround(fround(momentum * b) + fround(rest * grad));
      momentumBuffer[i] = b;
      let param = params[i];
      param = fround(param - fround(lr * fround(grad + fround(momentum * b))));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const momentum = c[0];
    const rest = c[1];
    const lr = c[2];
    const momentumBuffer = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let b = momentumBuffer[i];
      b = momentum * b + rest * grad;
      momentumBuffer[i] = b;
      let param = params[i];
      param = param - lr * (grad + momentum * b);
      params[i] = param;
    }
  },
} as const satisfies Rule;
