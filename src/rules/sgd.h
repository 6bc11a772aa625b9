// Stochastic gradient descent: W <- W - lr * g
// With momentum as PyTorch writes it, lr outside the buffer: b <- momentum * b + rest * g; W <- W - lr * b,
// or with Nesterov's look ahead W <- W - lr * (g + momentum * b). rest = 1 - dampening, and 1 in the first step.
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

template <bool nesterov>
struct SGDBuffered {
  LOCKSTEP_COEFFICIENTS(momentum, rest, lr)
  LOCKSTEP_STATE(momentumBuffer)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& b = state[momentumBuffer];
    b = c[momentum] * b + c[rest] * grad;
    if constexpr (nesterov) {
      param = param - c[lr] * (grad + c[momentum] * b);
    } else {
      param = param - c[lr] * b;
    }
  }
};

using SGDMomentum = SGDBuffered<false>;
using SGDNesterov = SGDBuffered<true>;

}  // namespace
}  // namespace lockstep
