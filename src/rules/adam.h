// Adam: m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2;
//       W <- W - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// https://arxiv.org/abs/1412.6980
//
// rest = 1 - beta, stepSize = lr / (1 - beta1^t) and rootScale = 1 / sqrt(1 - beta2^t) are coefficients. The same rule
// is eps-hat Adam (rootScale 1, another stepSize), AdamW (decay in the prologue) and RAdam (rootScale 0 and eps 1 while
// the variance is not rectified).
//
// AMSGrad divides by the largest v so far: https://openreview.net/forum?id=ryQu7f-RZ. maxScale is 1, or 1 / (1 -
// beta2^t) where the largest is taken of the corrected v.
#pragma once

#include "cautious.h"

namespace lockstep {
namespace {

struct Adam {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, stepSize, rootScale, eps)
  LOCKSTEP_STATE(expAvg, expAvgSq)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &v = state[expAvgSq];
    m = c[beta1] * m + c[rest1] * grad;
    v = c[beta2] * v + c[rest2] * (grad * grad);
    param = param - c[stepSize] * (m / (sqrt(v) * c[rootScale] + c[eps]));
  }
};

struct AMSGrad {
  LOCKSTEP_COEFFICIENTS(beta1, rest1, beta2, rest2, maxScale, stepSize, rootScale, eps)
  LOCKSTEP_STATE(expAvg, expAvgSq, maxExpAvgSq)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &m = state[expAvg], &v = state[expAvgSq], &largest = state[maxExpAvgSq];
    m = c[beta1] * m + c[rest1] * grad;
    v = c[beta2] * v + c[rest2] * (grad * grad);
    largest = max(largest, c[maxScale] * v);
    param = param - c[stepSize] * (m / (sqrt(largest) * c[rootScale] + c[eps]));
  }
};

using CautiousAdam = Cautious<Adam>;
using CautiousAMSGrad = Cautious<AMSGrad>;

}  // namespace
}  // namespace lockstep
