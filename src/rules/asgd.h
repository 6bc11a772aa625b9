// ASGD: W <- (1 - lambd * eta) * W - eta * g; ax <- ax + mu * (W - ax)
// https://doi.org/10.1137/0330046
//
// 1 - lambd * eta stands in the prologue. While mu is 1, ax is W exactly.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct ASGD {
  LOCKSTEP_COEFFICIENTS(eta, mu)
  LOCKSTEP_STATE(ax)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& average = state[ax];
    param = param - c[eta] * grad;
    average = ifGreater(constant<V>(1), c[mu], average + c[mu] * (param - average), param);
  }
};

}  // namespace
}  // namespace lockstep
