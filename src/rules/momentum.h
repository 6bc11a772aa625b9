// Momentum as Sutskever et al. write it, with lr inside the velocity: v <- momentum * v - lr * g; W <- W + v,
// or with Nesterov's look ahead W <- W + (momentum * v - lr * g).
// https://proceedings.mlr.press/v28/sutskever13.html
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

template <bool nesterov>
struct Velocity {
  LOCKSTEP_COEFFICIENTS(momentum, lr)
  LOCKSTEP_STATE(velocity)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& v = state[velocity];
    v = c[momentum] * v - c[lr] * grad;
    if constexpr (nesterov) {
      param = param + (c[momentum] * v - c[lr] * grad);
    } else {
      param = param + v;
    }
  }
};

using Momentum = Velocity<false>;
using MomentumNesterov = Velocity<true>;

}  // namespace
}  // namespace lockstep
