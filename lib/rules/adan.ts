// Adan: d <- g - g of the step before, 0 in the first; m <- beta1 * m + (1 - beta1) * g;
//       e <- beta2 * e + (1 - beta2) * d; n <- beta3 * n + (1 - beta3) * (g + beta2 * d)^2;
//       W <- (W - lr * (m / (1 - beta1^t) + beta2 * e / (1 - beta2^t)) / (sqrt(n) / sqrt(1 - beta3^t) + eps))
//            / (1 + lr * weightDecay)
// https://arxiv.org/abs/2208.06677
//
// rest = 1 - beta, ahead = beta2, stepSize = lr / (1 - beta1^t), stepSizeDiff = lr * beta2 / (1 - beta2^t), rootScale =
// 1 / sqrt(1 - beta3^t) and shrink = 1 / (1 + lr * weightDecay) are coefficients. In the first step rest2 and ahead are
// 0, so that d is without effect. Where weight decay stands before the step it is in the prologue, and shrink is 1.
//
// Written from src/rules/adan.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const Adan = {
  name: 'Adan',
  coefficients: indexes(
    'beta1',
    'rest1',
    'beta2',
    'rest2',
    'beta3',
    'rest3',
    'ahead',
    'stepSize',
    'stepSizeDiff',
    'epsInside',
    'rootScale',
    'eps',
    'shrink',
  ),
  state: ['expAvg', 'expAvgDiff', 'expAvgSq', 'lastGrad'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const beta3 = c[4];
    const rest3 = c[5];
    const ahead = c[6];
    const stepSize = c[7];
    const stepSizeDiff = c[8];
    const epsInside = c[9];
    const rootScale = c[10];
    const eps = c[11];
    const shrink = c[12];
    const expAvg = states[0];
    const expAvgDiff = states[1];
    const expAvgSq = states[2];
    const lastGrad = states[3];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let last = lastGrad[i];
      const d = fround(grad - last);
      const u = fround(grad + fround(ahead * d));
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let e = expAvgDiff[i];
      e = fround(fround(beta2 * e) + fround(rest2 * d));
      expAvgDiff[i] = e;
      let n = expAvgSq[i];
      n = fround(fround(beta3 * n) + fround(rest3 * fround(u * u)));
      expAvgSq[i] = n;
      const step = fround(fround(stepSize * m) + fround(stepSizeDiff * e));
      let param = params[i];
      param = fround(
        shrink * fround(param - fround(step / fround(fround(fround(sqrt(fround(n + epsInside))) * rootScale) + eps))),
      );
      params[i] = param;
      last = grad;
      lastGrad[i] = last;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const rest2 = c[3];
    const beta3 = c[4];
    const rest3 = c[5];
    const ahead = c[6];
    const stepSize = c[7];
    const stepSizeDiff = c[8];
    const epsInside = c[9];
    const rootScale = c[10];
    const eps = c[11];
    const shrink = c[12];
    const expAvg = states[0];
    const expAvgDiff = states[1];
    const expAvgSq = states[2];
    const lastGrad = states[3];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let last = lastGrad[i];
      const d = grad - last;
      const u = grad + ahead * d;
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let e = expAvgDiff[i];
      e = beta2 * e + rest2 * d;
      expAvgDiff[i] = e;
      let n = expAvgSq[i];
      n = beta3 * n + rest3 * (u * u);
      expAvgSq[i] = n;
      const step = stepSize * m + stepSizeDiff * e;
      let param = params[i];
      param = shrink * (param - step / (sqrt(n + epsInside) * rootScale + eps));
      params[i] = param;
      last = grad;
      lastGrad[i] = last;
    }
  },
} as const satisfies Rule;
