// The one loop over elements: whole registers first, then the same rule at one lane for the rest. No masks and no
// second text, so an element's bits depend neither on where it stands in its array nor on the width of the register.
//
// Include after a simd/ header that defines Vec; LOCKSTEP_ISA then makes the table of that instruction set.
#pragma once

#include "isa.h"
#include "simd/scalar.h"

namespace lockstep {
namespace {

/// From this many bytes an array on, a sweep leaves the inner caches and asks for each line in advance: hardware alone
/// does not follow four or five streams far enough. Below it, the asking would only cost.
constexpr size_t prefetchFrom = size_t{1} << 18;

template <class V, class Names>
struct Coefficients {
  V c[Names::coefficientCount];

  explicit Coefficients(const double* row) {
    for (int k = 0; k < Names::coefficientCount; ++k) c[k] = V::fill(static_cast<typename V::Element>(row[k]));
  }
};

template <class Rule, class V, bool withPrologue>
struct Lanes {
  using T = typename V::Element;

  Coefficients<V, Prologue> prologue;
  Coefficients<V, Rule> rule;

  explicit Lanes(const double* row) : prologue(row), rule(row + Prologue::coefficientCount) {}

  void update(T* param, const T* grad, void* const* states, size_t at) const {
    V state[Rule::stateCount + 1];
    for (int k = 0; k < Rule::stateCount; ++k) state[k] = V::load(static_cast<T*>(states[k]) + at);
    V p = V::load(param + at), g = V::load(grad + at);
    if constexpr (withPrologue) Prologue::apply(prologue.c, p, g);
    Rule::update(rule.c, p, g, state);
    p.store(param + at);
    for (int k = 0; k < Rule::stateCount; ++k) state[k].store(static_cast<T*>(states[k]) + at);
  }
};

template <class Rule, class V, bool withPrologue>
void sweepAll(const double* row, const Tensor& tensor, size_t begin, size_t end) {
  using T = typename V::Element;
  T* const param = static_cast<T*>(tensor.param);
  const T* const grad = static_cast<const T*>(tensor.grad);
  void* states[Rule::stateCount + 1];
  for (int k = 0; k < Rule::stateCount; ++k) states[k] = tensor.state[k];

  const Lanes<Rule, V, withPrologue> whole(row);
  size_t i = begin;
  if (V::lanes > 1 && (end - begin) * sizeof(T) >= prefetchFrom) {
    constexpr size_t line = 64 / sizeof(T), ahead = 512 / sizeof(T);
    for (; i + line <= end; i += line) {
      prefetch(param + i + ahead);
      prefetch(grad + i + ahead);
      for (int k = 0; k < Rule::stateCount; ++k) prefetch(static_cast<T*>(states[k]) + i + ahead);
      for (size_t lane = 0; lane < line; lane += V::lanes) whole.update(param, grad, states, i + lane);
    }
  }
  for (; i + V::lanes <= end; i += V::lanes) whole.update(param, grad, states, i);

  const Lanes<Rule, Scalar<T>, withPrologue> rest(row);
  for (; i < end; ++i) rest.update(param, grad, states, i);
}

/// A row holds the prologue's coefficients, then the rule's.
template <class Rule, class V>
void sweep(const double* row, const Tensor& tensor, size_t begin, size_t end) {
  if (Prologue::isIdentity(row)) {
    sweepAll<Rule, V, false>(row, tensor, begin, end);
  } else {
    sweepAll<Rule, V, true>(row, tensor, begin, end);
  }
}

}  // namespace
}  // namespace lockstep

#define LOCKSTEP_KERNELS(Rule) {sweep<Rule, Vec<float>>, sweep<Rule, Vec<double>>},
#define LOCKSTEP_ISA(name)                                           \
  namespace lockstep {                                               \
  const Isa isa::name = {#name, {LOCKSTEP_RULES(LOCKSTEP_KERNELS)}}; \
  }
