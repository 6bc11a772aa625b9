// Prologue, which stands before every rule: g <- gradScale * g + l2 * W; W <- decay * W.
//
// gradScale is -1 to maximize; l2 is weight decay inside the gradient; decay = 1 - lr * weightDecay is decoupled from
// it.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Prologue {
  LOCKSTEP_COEFFICIENTS(gradScale, l2, decay)

  template <class V>
  static void apply(const V* c, V& param, V& grad) {
    grad = c[gradScale] * grad + c[l2] * param;
    param = c[decay] * param;
  }
};

}  // namespace
}  // namespace lockstep
