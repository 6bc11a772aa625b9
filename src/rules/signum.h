// Signum, sign descent with momentum: m <- momentum * m + (1 - momentum) * g; W <- W - lr * sign(m)
// https://arxiv.org/abs/1802.04434
//
// rest = 1 - momentum. The sign of zero is 0.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Signum {
  LOCKSTEP_COEFFICIENTS(momentum, rest, lr)
  LOCKSTEP_STATE(expAvg)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& m = state[expAvg];
    m = c[momentum] * m + c[rest] * grad;
    param = param - c[lr] * sign(m);
  }
};

}  // namespace
}  // namespace lockstep
