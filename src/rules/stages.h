// What a step does to gradients before its rule gets them. No optimizer's rules, but swept by the same loop.
//
// Sum: several gradients of one parameter, one after the other. Clamp: each element scaled, then held within +-bound.
// GradNorm changes nothing: it measures.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct Sum {
  LOCKSTEP_NO_COEFFICIENTS
  LOCKSTEP_NO_STATE

  template <class V>
  static void update(const V*, V& sum, V grad, V*) {
    sum = sum + grad;
  }
};

struct Clamp {
  LOCKSTEP_COEFFICIENTS(scale, bound)
  LOCKSTEP_NO_STATE

  template <class V>
  static void update(const V* c, V& clamped, V grad, V*) {
    clamped = clamp(c[scale] * grad, c[bound]);
  }
};

struct GradNorm {
  LOCKSTEP_NO_COEFFICIENTS
  LOCKSTEP_NO_STATE
  LOCKSTEP_MEASURES(norm)

  template <class V>
  static void update(const V*, V&, V, V*) {}

  template <class V>
  static void measure(const V*, V, V grad, V*, V* values) {
    values[norm] = grad;
  }
};

}  // namespace
}  // namespace lockstep
