// LAMB: m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2;
//       u = m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + eps) + weightDecay * W;
//       W <- W - lr * |W| / |u| * u
// https://arxiv.org/abs/1904.00962
//
// rest = 1 - beta, momentScale = 1 / (1 - beta1^t), rootScale = 1 / sqrt(1 - beta2^t) and stepSize = lr * |W| / |u| are
// coefficients: both norms are measured before the step.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct LAMB {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, momentScale, rootScale, eps, weightDecay, stepSize)
  LOCKSTEP_STATE(expAvg, expAvgSq)
  LOCKSTEP_MEASURES(paramNorm, directionNorm)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    param = param - c[stepSize] * directionOf(c, param, grad, state);
  }

  template <class V>
  static void measure(const V* c, V param, V grad, V* state, V* values) {
    values[paramNorm] = param;
    values[directionNorm] = directionOf(c, param, grad, state);
  }

 private:
  /// u, after the moments have moved.
  template <class V>
  static V directionOf(const V* c, V param, V grad, V* state) {
    V &m = state[expAvg], &v = state[expAvgSq];
    m = c[beta1] * m + c[rest1] * grad;
    v = c[beta2] * v + c[rest2] * (grad * grad);
    return c[momentScale] * m / (sqrt(v) * c[rootScale] + c[eps]) + c[weightDecay] * param;
  }
};

}  // namespace
}  // namespace lockstep
