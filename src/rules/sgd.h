// Stochastic gradient descent: W <- W - lr * g
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct SGD {
  LOCKSTEP_COEFFICIENTS(lr)
  LOCKSTEP_NO_STATE

  template <class V>
  static void update(const V* c, V& param, V grad, V*) {
    param = param - c[lr] * grad;
  }
};

}  // namespace
}  // namespace lockstep
