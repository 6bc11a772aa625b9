// NAdam: m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2;
//        W <- W - lr * (mu_next / (1 - product * mu_next) * m + (1 - mu) / (1 - product) * g)
//                    / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ
//
// mu is beta1 as scheduled for this step, mu_next for the next, product that of all mu so far. rest = 1 - beta, and
// what stands before m and g are coefficients.
#pragma once

#include "cautious.h"

namespace lockstep {
namespace {

struct NAdam {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, momentStep, gradStep, rootScale, eps)
  LOCKSTEP_STATE(expAvg, expAvgSq)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &v = state[expAvgSq];
    m = c[beta1] * m + c[rest1] * grad;
    v = c[beta2] * v + c[rest2] * (grad * grad);
    const V step = c[momentStep] * m + c[gradStep] * grad;
    param = param - step / (sqrt(v) * c[rootScale] + c[eps]);
  }
};

using CautiousNAdam = Cautious<NAdam>;

}  // namespace
}  // namespace lockstep
