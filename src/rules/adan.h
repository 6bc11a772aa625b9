// Adan: d <- g - g of the step before, 0 in the first; m <- beta1 * m + (1 - beta1) * g;
//       e <- beta2 * e + (1 - beta2) * d; n <- beta3 * n + (1 - beta3) * (g + beta2 * d)^2;
//       W <- (W - lr * (m / (1 - beta1^t) + beta2 * e / (1 - beta2^t)) / (sqrt(n) / sqrt(1 - beta3^t) + eps))
//            / (1 + lr * weightDecay)
// https://arxiv.org/abs/2208.06677
//
// rest = 1 - beta, ahead = beta2, stepSize = lr / (1 - beta1^t), stepSizeDiff = lr * beta2 / (1 - beta2^t), rootScale =
// 1 / sqrt(1 - beta3^t) and shrink = 1 / (1 + lr * weightDecay) are coefficients. In the first step rest2 and ahead are
// 0, so that d is without effect. Where weight decay stands before the step it is in the prologue, and shrink is 1.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Adan {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, beta3, rest3, ahead, stepSize, stepSizeDiff, epsInside, rootScale,
                        eps, shrink)
  LOCKSTEP_STATE(expAvg, expAvgDiff, expAvgSq, lastGrad)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &e = state[expAvgDiff], &n = state[expAvgSq], &last = state[lastGrad];
    const V d = grad - last;
    const V u = grad + c[ahead] * d;
    m = c[beta1] * m + c[rest1] * grad;
    e = c[beta2] * e + c[rest2] * d;
    n = c[beta3] * n + c[rest3] * (u * u);
    const V step = c[stepSize] * m + c[stepSizeDiff] * e;
    param = c[shrink] * (param - step / (sqrt(n + c[epsInside]) * c[rootScale] + c[eps]));
    last = grad;
  }
};

}  // namespace
}  // namespace lockstep
