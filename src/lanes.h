// One register's width of a tensor: its arrays loaded, the prologue and the rule applied.
//
// Include after a simd/ header that defines Vec.
#pragma once

#include "isa.h"
#include "simd/scalar.h"

namespace lockstep {
namespace {

template <class V, class Names>
struct Coefficients {
  V c[Names::coefficientCount + 1];  // an array of none is no C++

  /// As they stand in a row, each rounded to the type of the arrays.
  explicit Coefficients(const double* row) {
    for (int k = 0; k < Names::coefficientCount; ++k) c[k] = V::fill(static_cast<typename V::Element>(row[k]));
  }
};

/// A row holds the prologue's coefficients, then the rule's.
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

  /// What the rule measures here. Nothing is stored.
  void measure(const Tensor& tensor, size_t at, V* values) const {
    V state[Rule::stateCount + 1];
    for (int k = 0; k < Rule::stateCount; ++k) state[k] = V::load(static_cast<const T*>(tensor.state[k]) + at);
    V p = V::load(static_cast<const T*>(tensor.param) + at), g = V::load(static_cast<const T*>(tensor.grad) + at);
    if constexpr (withPrologue) Prologue::apply(prologue.c, p, g);
    Rule::measure(rule.c, p, g, state, values);
  }
};

}  // namespace
}  // namespace lockstep
