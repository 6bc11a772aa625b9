// LARS: d = c * |W| / (|g| + weightDecay * |W| + eps) * (g + weightDecay * W); b <- momentum * b + d; W <- W - lr * b
// or with Nesterov's look ahead W <- W - lr * (d + momentum * b)
// https://arxiv.org/abs/1708.03888
//
// inner is the trust ratio, c * |W| / ..., times 1 - dampening in all steps but the first. outer is lr; with the look
// ahead it is lr * momentum, and ahead, else 0, is lr. Optax's form has the penalty in the prologue, weightDecay 0,
// inner = -lr times the ratio, and -1 in place of lr: its buffer holds what is added to W.
//
// Written from src/rules/lars.h by `npm run rules`: change that file, not this one.

import { copyInto } from '../arrays.js';
import { indexes, type Rule } from './rule.js';

const { fround } = Math;

export const LARS = {
  name: 'LARS',
  coefficients: indexes('weightDecay', 'inner', 'momentum', 'outer', 'ahead'),
  state: ['momentumBuffer'],

  f32(c, params, grads, states) {
    const weightDecay = c[0];
    const inner = c[1];
    const momentum = c[2];
    const outer = c[3];
    const ahead = c[4];
    const momentumBuffer = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      const d = fround(inner * fround(grad + fround(weightDecay * param)));
      let b = momentumBuffer[i];
      b = fround(fround(momentum * b) + d);
      momentumBuffer[i] = b;
      param = fround(param - fround(fround(outer * b) + fround(ahead * d)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const weightDecay = c[0];
    const inner = c[1];
    const momentum = c[2];
    const outer = c[3];
    const ahead = c[4];
    const momentumBuffer = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      let param = params[i];
      const grad = grads[i];
      const d = inner * (grad + weightDecay * param);
      let b = momentumBuffer[i];
      b = momentum * b + d;
      momentumBuffer[i] = b;
      param = param - (outer * b + ahead * d);
      params[i] = param;
    }
  },

  measures: {
    names: ['paramNorm', 'gradNorm'],

    f32(_c, params, grads, _states, values) {
      const paramNorm = values[0];
      const gradNorm = values[1];
      copyInto(paramNorm, params);
      copyInto(gradNorm, grads);
    },

    f64(_c, params, grads, _states, values) {
      const paramNorm = values[0];
      const gradNorm = values[1];
      copyInto(paramNorm, params);
      copyInto(gradNorm, grads);
    },
  },
} as const satisfies Rule;
