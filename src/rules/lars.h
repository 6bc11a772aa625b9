// LARS: d = c * |W| / (|g| + weightDecay * |W| + eps) * (g + weightDecay * W); b <- momentum * b + d; W <- W - lr * b
// or with Nesterov's look ahead W <- W - lr * (d + momentum * b)
// https://arxiv.org/abs/1708.03888
//
// inner is the trust ratio, c * |W| / ..., times 1 - dampening in all steps but the first. outer is lr; with the look
// ahead it is lr * momentum, and ahead, else 0, is lr. Optax's form has the penalty in the prologue, weightDecay 0,
// inner = -lr times the ratio, and -1 in place of lr: its buffer holds what is added to W.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct LARS {
  LOCKSTEP_COEFFICIENTS(weightDecay, inner, momentum, outer, ahead)
  LOCKSTEP_STATE(momentumBuffer)
  LOCKSTEP_MEASURES(paramNorm, gradNorm)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& b = state[momentumBuffer];
    const V d = c[inner] * (grad + c[weightDecay] * param);
    b = c[momentum] * b + d;
    param = param - (c[outer] * b + c[ahead] * d);
  }

  template <class V>
  static void measure(const V*, V param, V grad, V*, V* values) {
    values[paramNorm] = param;
    values[gradNorm] = grad;
  }
};

}  // namespace
}  // namespace lockstep
