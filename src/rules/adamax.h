// Adamax: m <- beta1 * m + (1 - beta1) * g; u <- max(beta2 * u, |g| + epsInside);
//         W <- W - lr / (1 - beta1^t) * m / (u + eps)
// https://arxiv.org/abs/1412.6980, section 7.1
//
// eps keeps u above 0 from inside the maximum or outside of it: one of the two is 0. rest1 = 1 - beta1 and stepSize =
// lr / (1 - beta1^t) are coefficients.
#pragma once

#include "cautious.h"

namespace lockstep {
namespace {

struct Adamax {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, epsInside, stepSize, eps)
  LOCKSTEP_STATE(expAvg, expInf)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &u = state[expInf];
    m = c[beta1] * m + c[rest1] * grad;
    u = max(c[beta2] * u, abs(grad) + c[epsInside]);
    param = param - c[stepSize] * (m / (u + c[eps]));
  }
};

using CautiousAdamax = Cautious<Adamax>;

}  // namespace
}  // namespace lockstep
