// AdaGrad: h <- h + g^2; W <- W - lr * g / (sqrt(h) + eps)
// https://jmlr.org/papers/v12/duchi11a.html
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Adagrad {
  LOCKSTEP_COEFFICIENTS(lr, eps)
  LOCKSTEP_STATE(sum)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& h = state[sum];
    h = h + grad * grad;
    param = param - c[lr] * grad / (sqrt(h) + c[eps]);
  }
};

}  // namespace
}  // namespace lockstep
