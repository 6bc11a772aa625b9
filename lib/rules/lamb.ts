// LAMB: m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2;
//       u = m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + eps) + weightDecay * W;
//       W <- W - lr * |W| / |u| * u
// https://arxiv.org/abs/1904.00962
//
// rest = 1 - beta, momentScale = 1 / (1 - beta1^t), rootScale = 1 / sqrt(1 - beta2^t) and stepSize = lr * |W| / |u| are
// coefficients: both norms are measured before the step.
//
// Written from src/rules/lamb.h by `npm run rules`: change that file, not this one.

import { copyInto } from '../arrays.js';
import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const LAMB = {
  name: 'LAMB',
  coefficients: indexes(
    'beta1',
    'rest1',
    'beta2',
    'rest2',
    'momentScale',
    'rootScale',
    'eps',
    'weightDecay',
    'stepSize',
  ),
  state: ['expAvg', 'expAvgSq'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const momentScale = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const weightDecay = c[7];
    const stepSize = c[8];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
      expAvgSq[i] = v;
      let param = params[i];
      const direction = fround(
        fround(fround(momentScale * m) / fround(fround(fround(sqrt(v)) * rootScale) + eps)) +
          fround(weightDecay * param),
      );
      param = fround(param - fround(stepSize * direction));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const momentScale = c[4];
    const rootScale = c[5];
    const eps = c[6];
    const weightDecay = c[7];
    const stepSize = c[8];
    const expAvg = states[0];
    const expAvgSq = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let v = expAvgSq[i];
      v = beta2 * v + rest2 * (grad * grad);
      expAvgSq[i] = v;
      let param = params[i];
      const direction = (momentScale * m) / (sqrt(v) * rootScale + eps) + weightDecay * param;
      param = param - stepSize * direction;
      params[i] = param;
    }
  },

  measures: {
    names: ['paramNorm', 'directionNorm'],

    f32(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const momentScale = c[4];
      const rootScale = c[5];
      const eps = c[6];
      const weightDecay = c[7];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const paramNorm = values[0];
      const directionNorm = values[1];
      copyInto(paramNorm, params);
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const grad = grads[i];
        let m = expAvg[i];
        m = fround(fround(beta1 * m) + fround(rest1 * grad));
        let v = expAvgSq[i];
        v = fround(fround(beta2 * v) + fround(rest2 * fround(grad * grad)));
        const param = params[i];
        const direction = fround(
          fround(fround(momentScale * m) / fround(fround(fround(sqrt(v)) * rootScale) + eps)) +
            fround(weightDecay * param),
        );
        directionNorm[i] = direction;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const rest2 = c[3];
      const momentScale = c[4];
      const rootScale = c[5];
      const eps = c[6];
      const weightDecay = c[7];
      const expAvg = states[0];
      const expAvgSq = states[1];
      const paramNorm = values[0];
      const directionNorm = values[1];
      copyInto(paramNorm, params);
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const grad = grads[i];
        let m = expAvg[i];
        m = beta1 * m + rest1 * grad;
        let v = expAvgSq[i];
        v = beta2 * v + rest2 * (grad * grad);
        const param = params[i];
        const direction = (momentScale * m) / (sqrt(v) * rootScale + eps) + weightDecay * param;
        directionNorm[i] = direction;
      }
    },
  },
} as const satisfies Rule;
