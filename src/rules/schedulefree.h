// Schedule-Free: W is y, where gradients are taken. Beside it runs z, which steps as SGD or AdamW would; x, the average
// of all z, is what is learned, and lies on one line with them: y = (1 - beta1) * z + beta1 * x. It is never written:
//   y <- y + c * (z - y) - lr * (1 - beta1 * (1 - c)) * d;  z <- z - lr * d
// https://arxiv.org/abs/2405.15682
//
// d = g (SGD) or, with v <- beta2 * v + (1 - beta2) * g^2, d = g / (sqrt(v) / sqrt(1 - beta2^t) + eps) + weightDecay *
// y (AdamW). weight = c, this z's share of the average; stepY = lr * (1 - beta1 * (1 - c)), stepZ = lr, rest2 = 1 -
// beta2 and rootScale = 1 / sqrt(1 - beta2^t) are coefficients. z starts at 0, and start is 1 in the first step: z is W
// then.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct ScheduleFreeSGD {
  LOCKSTEP_COEFFICIENTS(start, weight, stepY, stepZ)
  LOCKSTEP_STATE(z)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &y = param, &zNext = state[z];
    const V zLast = zNext + c[start] * y;
    y = y + c[weight] * (zLast - y) - c[stepY] * grad;
    zNext = zLast - c[stepZ] * grad;
  }
};

struct ScheduleFreeAdamW {
  LOCKSTEP_COEFFICIENTS(beta2, rest2, rootScale, eps, weightDecay, start, weight, stepY, stepZ)
  LOCKSTEP_STATE(z, expAvgSq)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &y = param, &zNext = state[z], &v = state[expAvgSq];
    v = c[beta2] * v + c[rest2] * (grad * grad);
    const V d = grad / (sqrt(v) * c[rootScale] + c[eps]) + c[weightDecay] * y;
    const V zLast = zNext + c[start] * y;
    y = y + c[weight] * (zLast - y) - c[stepY] * d;
    zNext = zLast - c[stepZ] * d;
  }
};

}  // namespace
}  // namespace lockstep
