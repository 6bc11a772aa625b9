// Momentum as Sutskever et al. write it, with lr inside the velocity: v <- momentum * v - lr * g; W <- W + v,
// or with Nesterov's look ahead W <- W + (momentum * v - lr * g).
// https://proceedings.mlr.press/v28/sutskever13.html
//
// Written from src/rules/momentum.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround } = Math;

export const Momentum = {
  name: 'Momentum',
  coefficients: indexes('momentum', 'lr'),
  state: ['velocity'],

  f32(c, params, grads, states) {
    const momentum = c[0];
    const lr = c[1];
    const velocity = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = velocity[i];
      v = fround(fround(momentum * v) - fround(lr * grad));
      velocity[i] = v;
      let param = params[i];
      param = fround(param + v);
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const momentum = c[0];
    const lr = c[1];
    const velocity = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = velocity[i];
      v = momentum * v - lr * grad;
      velocity[i] = v;
      let param = params[i];
      param = param + v;
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const MomentumNesterov = {
  name: 'MomentumNesterov',
  coefficients: indexes('momentum', 'lr'),
  state: ['velocity'],

  f32(c, params, grads, states) {
    const momentum = c[0];
    const lr = c[1];
    const velocity = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = velocity[i];
      v = fround(fround(momentum * v) - fround(lr * grad));
      velocity[i] = v;
      let param = params[i];
      param = fround(param + fround(fround(momentum * v) - fround(lr * grad)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const momentum = c[0];
    const lr = c[1];
    const velocity = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = velocity[i];
      v = momentum * v - lr * grad;
      velocity[i] = v;
      let param = params[i];
      param = param + (momentum * v - lr * grad);
      params[i] = param;
    }
  },
} as const satisfies Rule;
