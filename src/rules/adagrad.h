// AdaGrad: h <- h + g^2; W <- W - lr * g / (sqrt(h + epsInside) + eps)
// https://jmlr.org/papers/v12/duchi11a.html
//
// eps stands outside the root or inside it: one of the two is 0.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Adagrad {
  LOCKSTEP_COEFFICIENTS(lr, epsInside, eps)
  LOCKSTEP_STATE(sum)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& h = state[sum];
    h = h + grad * grad;
    param = param - c[lr] * grad / (sqrt(h + c[epsInside]) + c[eps]);
  }
};

}  // namespace
}  // namespace lockstep
