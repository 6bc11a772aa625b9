// The baselines: the main rules as plain JavaScript, over arrays that the caller holds.
//
// "Naive" is the rule as its formulas stand, the way one writes it down from a paper: constants are read from an object
// and 1 - beta is formed anew for each element, the bias corrections divide m and v, one division each. It is not made
// slower than it would be: arrays are locals, nothing is allocated, and the powers of beta are taken before the loop.
// (Node 20's V8 moves them there by itself, it is as fast with them inside; the benchmark does not lean on that.)
//
// "Hoisted" is the same rule as someone who knows V8 writes it: every scalar is a local computed before the loop, each
// array element is read and written once, and the division by a constant has become a multiplication.
//
// Neither rounds between operations, so each does less work than lockstep's TypeScript backend, which must give the
// bits of the native ones. Functions here name nothing but their arguments and globals: see freshCopy in measure.ts.

import type { FloatArray } from '../arrays.js';

/** Every scalar that the rules name. */
export interface Scalars {
  readonly lr: number;
  readonly momentum: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/** One step, the t-th, over every element. */
export type Loop = (
  param: FloatArray,
  grad: FloatArray,
  state: readonly FloatArray[],
  scalars: Scalars,
  t: number,
) => void;

export const naive = {
  SGD(param, grad, _state, o) {
    for (let i = 0; i < param.length; i++) {
      param[i] -= o.lr * grad[i];
    }
  },

  Momentum(param, grad, state, o) {
    const v = state[0];
    for (let i = 0; i < param.length; i++) {
      v[i] = o.momentum * v[i] - o.lr * grad[i];
      param[i] += v[i];
    }
  },

  Adagrad(param, grad, state, o) {
    const h = state[0];
    for (let i = 0; i < param.length; i++) {
      h[i] += grad[i] * grad[i];
      param[i] -= (o.lr * grad[i]) / (Math.sqrt(h[i]) + o.eps);
    }
  },

  Adam(param, grad, state, o, t) {
    const m = state[0];
    const v = state[1];
    const correction1 = 1 - o.beta1 ** t;
    const correction2 = 1 - o.beta2 ** t;
    for (let i = 0; i < param.length; i++) {
      m[i] = o.beta1 * m[i] + (1 - o.beta1) * grad[i];
      v[i] = o.beta2 * v[i] + (1 - o.beta2) * grad[i] * grad[i];
      const mHat = m[i] / correction1;
      const vHat = v[i] / correction2;
      param[i] -= (o.lr * mHat) / (Math.sqrt(vHat) + o.eps);
    }
  },

  AdamW(param, grad, state, o, t) {
    const m = state[0];
    const v = state[1];
    const correction1 = 1 - o.beta1 ** t;
    const correction2 = 1 - o.beta2 ** t;
    for (let i = 0; i < param.length; i++) {
      param[i] -= o.lr * o.weightDecay * param[i];
      m[i] = o.beta1 * m[i] + (1 - o.beta1) * grad[i];
      v[i] = o.beta2 * v[i] + (1 - o.beta2) * grad[i] * grad[i];
      const mHat = m[i] / correction1;
      const vHat = v[i] / correction2;
      param[i] -= (o.lr * mHat) / (Math.sqrt(vHat) + o.eps);
    }
  },
} as const satisfies Readonly<Record<string, Loop>>;

export const hoisted = {
  SGD(param, grad, _state, { lr }) {
    const length = param.length;
    for (let i = 0; i < length; i++) {
      param[i] = param[i] - lr * grad[i];
    }
  },

  Momentum(param, grad, state, { lr, momentum }) {
    const velocity = state[0];
    const length = param.length;
    for (let i = 0; i < length; i++) {
      const v = momentum * velocity[i] - lr * grad[i];
      velocity[i] = v;
      param[i] = param[i] + v;
    }
  },

  Adagrad(param, grad, state, { lr, eps }) {
    const sum = state[0];
    const length = param.length;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const h = sum[i] + g * g;
      sum[i] = h;
      param[i] = param[i] - (lr * g) / (Math.sqrt(h) + eps);
    }
  },

  Adam(param, grad, state, { lr, beta1, beta2, eps }, t) {
    const expAvg = state[0];
    const expAvgSq = state[1];
    const rest1 = 1 - beta1;
    const rest2 = 1 - beta2;
    const stepSize = lr / (1 - beta1 ** t);
    const rootScale = 1 / Math.sqrt(1 - beta2 ** t);
    const length = param.length;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const v = beta2 * expAvgSq[i] + rest2 * (g * g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      param[i] = param[i] - stepSize * (m / (Math.sqrt(v) * rootScale + eps));
    }
  },

  AdamW(param, grad, state, { lr, beta1, beta2, eps, weightDecay }, t) {
    const expAvg = state[0];
    const expAvgSq = state[1];
    const rest1 = 1 - beta1;
    const rest2 = 1 - beta2;
    const kept = 1 - lr * weightDecay;
    const stepSize = lr / (1 - beta1 ** t);
    const rootScale = 1 / Math.sqrt(1 - beta2 ** t);
    const length = param.length;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const m = beta1 * expAvg[i] + rest1 * g;
      const v = beta2 * expAvgSq[i] + rest2 * (g * g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      param[i] = kept * param[i] - stepSize * (m / (Math.sqrt(v) * rootScale + eps));
    }
  },
} as const satisfies Readonly<Record<string, Loop>>;
