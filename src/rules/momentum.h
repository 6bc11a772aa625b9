// Momentum as Sutskever et al. write it, with lr inside the velocity: v <- momentum * v - lr * g; W <- W + v
// https://proceedings.mlr.press/v28/sutskever13.html
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Momentum {
  LOCKSTEP_COEFFICIENTS(momentum, lr)
  LOCKSTEP_STATE(velocity)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& v = state[velocity];
    v = c[momentum] * v - c[lr] * grad;
    param = param + v;
  }
};

}  // namespace
}  // namespace lockstep
