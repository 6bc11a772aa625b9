// FTRL-Proximal: q(n) = n^-power; z <- z + g - (q(n + g^2) - q(n)) / lr * W; n <- n + g^2;
//                W <- abs(z) > l1 ? (clamp(z, +-l1) - z) / (q(n) / lr + beta / lr + 2 * l2) : 0
// https://research.google/pubs/pub41159
//
// q(n) is the square root, n itself or 1: root * sqrt(n) + linear * n, of whose coefficients at most one is 1; the 1 of
// power 0 makes no difference but below, and stands in rest with beta / lr + 2 * l2. scale = 1 / lr.
//
// Where q(n) / lr or n itself overflows, the step is 0, which is what it tends to: z and W stay as they are, unless the
// gradient is not finite.
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
    const V q = c[root] * sqrt(n) + c[linear] * n, curvature = q * c[scale];
    // Where n is infinite, q may be NaN: 0 * sqrt(n).
    const V steepest = ifInfinite(n, n, curvature), stay = grad - grad;
    const V nextZ = z + (grad - c[scale] * (q - before) * param);
    z = ifInfinite(steepest, z + stay, nextZ);
    const V next = (clamp(nextZ, c[l1]) - nextZ) / (curvature + c[rest]);
    const V moved = ifGreater(abs(nextZ), c[l1], next, nextZ - nextZ);  // NaN stays NaN
    param = ifInfinite(steepest, param + stay, moved);
  }
};

}  // namespace
}  // namespace lockstep
