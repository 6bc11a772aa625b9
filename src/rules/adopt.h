// ADOPT: m <- beta1 * m + (1 - beta1) * clamp(g / max(sqrt(v), eps), +-(t - 1)^(1/4)); W <- W - lr * m;
//        v <- beta2 * v + (1 - beta2) * g^2
// https://arxiv.org/abs/2411.02853
//
// The gradient is divided by the v of the steps before it, and v comes last. rest = 1 - beta and bound = (t - 1)^(1/4)
// are coefficients. The first step only sets v to g^2: beta1 and rest2 are 1 then, rest1, beta2 and the bound 0.
#pragma once

#include "cautious.h"

namespace lockstep {
namespace {

struct ADOPT {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, lr, eps, bound)
  LOCKSTEP_STATE(expAvg, expAvgSq)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &v = state[expAvgSq];
    m = c[beta1] * m + c[rest1] * clamp(grad / max(sqrt(v), c[eps]), c[bound]);
    param = param - c[lr] * m;
    v = c[beta2] * v + c[rest2] * (grad * grad);
  }
};

using CautiousADOPT = Cautious<ADOPT>;

}  // namespace
}  // namespace lockstep
