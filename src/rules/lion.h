// Lion: W <- W - lr * sign(beta1 * m + (1 - beta1) * g); m <- beta2 * m + (1 - beta2) * g
// https://arxiv.org/abs/2302.06675
//
// rest = 1 - beta. The sign of zero is 0: an element that never has a gradient stays where it is.
#pragma once

#include "cautious.h"

namespace lockstep {
namespace {

struct Lion {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, lr)
  LOCKSTEP_STATE(expAvg)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& m = state[expAvg];
    param = param - c[lr] * sign(c[beta1] * m + c[rest1] * grad);
    m = c[beta2] * m + c[rest2] * grad;
  }
};

using CautiousLion = Cautious<Lion>;

}  // namespace
}  // namespace lockstep
