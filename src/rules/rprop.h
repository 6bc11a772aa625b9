// Rprop: s <- limit(s * (shrink | 1 | grow), smallest, largest), as g has the sign opposite to that of the last g | one
//        of the two is 0 | the same sign; where opposite, g <- 0; W <- W - s * sign(g); last g <- g
// https://doi.org/10.1109/ICNN.1993.298623
//
// Signs are multiplied and not gradients, whose product might underflow.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Rprop {
  LOCKSTEP_COEFFICIENTS(shrink, grow, smallest, largest)
  LOCKSTEP_STATE(prev, stepSize)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &last = state[prev], &size = state[stepSize];
    const V zero = constant<V>(0), direction = sign(grad), agreement = direction * sign(last);
    // Where anything is NaN, 1 + agreement is NaN too.
    const V factor =
        ifGreater(agreement, zero, c[grow], ifGreater(zero, agreement, c[shrink], constant<V>(1) + agreement));
    size = limit(size * factor, c[smallest], c[largest]);
    param = param - size * ifGreater(zero, agreement, zero, direction);
    last = ifGreater(zero, agreement, zero, grad);
  }
};

}  // namespace
}  // namespace lockstep
