// AdaBelief: m <- beta1 * m + (1 - beta1) * g; s <- beta2 * s + (1 - beta2) * (g - m)^2 + eps;
//            W <- W - lr / (1 - beta1^t) * m / (sqrt(s) / sqrt(1 - beta2^t) + eps)
// https://arxiv.org/abs/2010.07468
//
// rest = 1 - beta, stepSize = lr / (1 - beta1^t) and rootScale = 1 / sqrt(1 - beta2^t) are coefficients, as in Adam.
// eps stays in s, where it adds up to eps / (1 - beta2).
#pragma once

#include "cautious.h"

namespace lockstep {
namespace {

struct AdaBelief {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, stepSize, rootScale, eps)
  LOCKSTEP_STATE(expAvg, expAvgVar)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &s = state[expAvgVar];
    m = c[beta1] * m + c[rest1] * grad;
    const V surprise = grad - m;
    s = c[beta2] * s + c[rest2] * (surprise * surprise) + c[eps];
    param = param - c[stepSize] * (m / (sqrt(s) * c[rootScale] + c[eps]));
  }
};

using CautiousAdaBelief = Cautious<AdaBelief>;

}  // namespace
}  // namespace lockstep
