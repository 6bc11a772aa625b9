// The one loop over elements: whole registers first, then the same rule at one lane for the rest. No masks and no
// second text, so an element's bits depend neither on where it stands in its array nor on the width of the register.
//
// Include after a simd/ header that defines Vec; LOCKSTEP_ISA then makes the table of that instruction set.
#pragma once

#include "isa.h"
#include "simd/scalar.h"

namespace lockstep {
namespace {

template <class Rule, class V>
struct Lanes {
  using T = typename V::Element;

  V c[Rule::coefficientCount];

  explicit Lanes(const double* coefficients) {
    for (int k = 0; k < Rule::coefficientCount; ++k) c[k] = V::fill(static_cast<T>(coefficients[k]));
  }

  void update(T* param, const T* grad, void* const* states, size_t at) const {
    V state[Rule::stateCount + 1];
    for (int k = 0; k < Rule::stateCount; ++k) state[k] = V::load(static_cast<T*>(states[k]) + at);
    V p = V::load(param + at);
    Rule::update(c, p, V::load(grad + at), state);
    p.store(param + at);
    for (int k = 0; k < Rule::stateCount; ++k) state[k].store(static_cast<T*>(states[k]) + at);
  }
};

template <class Rule, class V>
void sweep(const double* coefficients, const Tensor& tensor, size_t begin, size_t end) {
  using T = typename V::Element;
  T* const param = static_cast<T*>(tensor.param);
  const T* const grad = static_cast<const T*>(tensor.grad);
  void* states[Rule::stateCount + 1];
  for (int k = 0; k < Rule::stateCount; ++k) states[k] = tensor.state[k];

  const Lanes<Rule, V> whole(coefficients);
  size_t i = begin;
  for (; i + V::lanes <= end; i += V::lanes) whole.update(param, grad, states, i);

  const Lanes<Rule, Scalar<T>> rest(coefficients);
  for (; i < end; ++i) rest.update(param, grad, states, i);
}

}  // namespace
}  // namespace lockstep

#define LOCKSTEP_KERNELS(Rule) {sweep<Rule, Vec<float>>, sweep<Rule, Vec<double>>},
#define LOCKSTEP_ISA(name)                                           \
  namespace lockstep {                                               \
  const Isa isa::name = {#name, {LOCKSTEP_RULES(LOCKSTEP_KERNELS)}}; \
  }
