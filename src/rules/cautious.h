// Cautious: of what a rule would change, keeps the elements whose change goes against the gradient, which is downhill,
//   and scales them up for those that it drops: W <- W + keepScale * (change * g < 0) * change
// https://arxiv.org/abs/2411.16085
//
// keepScale = 1 / max(share of elements kept, 0.001) is a coefficient: the kept ones are counted before the step. The
// rule must add its change to W, and not look at W otherwise. A product that underflows is not kept.
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

template <class Rule>
struct Cautious {
  LOCKSTEP_COEFFICIENTS_AFTER(Rule, keepScale)
  LOCKSTEP_STATE_OF(Rule)
  LOCKSTEP_MEASURES(kept)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    const V zero = constant<V>(0), change = changeOf(c, grad, state);
    // What is dropped is 0, but NaN where the change is.
    param = param + ifGreater(zero, change * grad, c[keepScale] * change, zero * change);
  }

  template <class V>
  static void measure(const V* c, V, V grad, V* state, V* values) {
    const V zero = constant<V>(0), change = changeOf(c, grad, state);
    values[kept] = ifGreater(zero, change * grad, constant<V>(1), zero);
  }

 private:
  template <class V>
  static V changeOf(const V* c, V grad, V* state) {
    V change = constant<V>(0);
    Rule::update(c, change, grad, state);
    return change;
  }
};

}  // namespace
}  // namespace lockstep
