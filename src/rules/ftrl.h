// FTRL-Proximal: q(n) = n^-power; z <- z + g - (q(n + g^2) - q(n)) / lr * W; n <- n + g^2;
//                W <- abs(z) > l1 ? (clamp(z, +-l1) - z) / (q(n) / lr + beta / lr + 2 * l2) : 0
// https://research.google/pubs/pub41159
//
// q(n) is the square root, n itself or 1: root * sqrt(n) + linear * n, of whose coefficients at most one is 1; the 1 of
// power 0 makes no difference but below, and stands in rest with beta / lr + 2 * l2. scale = 1 / lr.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct FTRL {
  LOCKSTEP_COEFFICIENTS(root, linear, scale, l1, rest)
  LOCKSTEP_STATE(accumulator, linearTerm)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &n = state[accumulator], &z = state[linearTerm];
    const V before = c[root] * sqrt(n) + c[linear] * n;
    n = n + grad * grad;
    const V q = c[root] * sqrt(n) + c[linear] * n;
    z = z + (grad - c[scale] * (q - before) * param);
    const V next = (clamp(z, c[l1]) - z) / (q * c[scale] + c[rest]);
    param = ifGreater(abs(z), c[l1], next, z - z);  // NaN stays NaN
  }
};

}  // namespace
}  // namespace lockstep
