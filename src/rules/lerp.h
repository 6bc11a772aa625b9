// Linear interpolation: W <- W + share * (end - W), where the end of the line stands in place of the gradient.
//
// No optimizer's step, but how one with two modes (schedulefree.h) goes from one to the other.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Lerp {
  LOCKSTEP_COEFFICIENTS(share)
  LOCKSTEP_NO_STATE

  template <class V>
  static void update(const V* c, V& param, V end, V*) {
    param = param + c[share] * (end - param);
  }
};

}  // namespace
}  // namespace lockstep
