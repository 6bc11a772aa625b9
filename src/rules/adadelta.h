// Adadelta: v <- rho * v + (1 - rho) * g^2; d <- sqrt((u + eps) / (v + eps)) * g; u <- rho * u + (1 - rho) * d^2;
//           W <- W - lr * d
// https://arxiv.org/abs/1212.5701
//
// rest = 1 - rho is a coefficient. The root of the quotient is the quotient of the two roots of the paper.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Adadelta {
  LOCKSTEP_COEFFICIENTS(rho, rest, eps, lr)
  LOCKSTEP_STATE(squareAvg, accDelta)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &v = state[squareAvg], &u = state[accDelta];
    v = c[rho] * v + c[rest] * (grad * grad);
    const V delta = sqrt((u + c[eps]) / (v + c[eps])) * grad;
    u = c[rho] * u + c[rest] * (delta * delta);
    param = param - c[lr] * delta;
  }
};

}  // namespace
}  // namespace lockstep
