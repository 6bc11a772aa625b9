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

/// The arrays of a tensor, as what they are.
template <class Rule, class T>
struct Arrays {
  T* param;
  const T* grad;
  T* states[Rule::stateCount + 1];
  T *average, *zeroed;

  explicit Arrays(const Tensor& tensor)
      : param(static_cast<T*>(tensor.param)),
        grad(static_cast<const T*>(tensor.grad)),
        average(static_cast<T*>(tensor.average)),
        zeroed(static_cast<T*>(tensor.zeroed)) {
    for (int k = 0; k < Rule::stateCount; ++k) states[k] = static_cast<T*>(tensor.state[k]);
  }

  bool isFollowed() const { return average != nullptr || zeroed != nullptr; }
};

/// Whether the prologue would change nothing. It is left out then, in every backend alike, as decided on the row's f64
/// values before they are rounded.
inline bool isIdentity(const double* row) {
  return row[Prologue::gradScale] == 1 && row[Prologue::l2] == 0 && row[Prologue::decay] == 1;
}

/// A row holds the prologue's coefficients, then the rule's.
template <class Rule, class V>
struct Lanes {
  using T = typename V::Element;

  bool hasPrologue;
  Coefficients<V, Prologue> prologue;
  Coefficients<V, Rule> rule;

  explicit Lanes(const double* row)
      : hasPrologue(!isIdentity(row)), prologue(row), rule(row + Prologue::coefficientCount) {}

  /// Returns the parameter. `withPrologue` must be `hasPrologue`: a loop that knows it asks no more.
  V update(const Arrays<Rule, T>& arrays, size_t at, bool withPrologue) const {
    V state[Rule::stateCount + 1];
    for (int k = 0; k < Rule::stateCount; ++k) state[k] = V::load(arrays.states[k] + at);
    V p = V::load(arrays.param + at), g = V::load(arrays.grad + at);
    if (rarely(withPrologue)) Prologue::apply(prologue.c, p, g);
    Rule::update(rule.c, p, g, state);
    p.store(arrays.param + at);
    for (int k = 0; k < Rule::stateCount; ++k) state[k].store(arrays.states[k] + at);
    return p;
  }

  /// What the rule measures here. Nothing is stored.
  void measure(const Arrays<Rule, T>& arrays, size_t at, V* values) const {
    V state[Rule::stateCount + 1];
    for (int k = 0; k < Rule::stateCount; ++k) state[k] = V::load(arrays.states[k] + at);
    V p = V::load(arrays.param + at), g = V::load(arrays.grad + at);
    if (hasPrologue) Prologue::apply(prologue.c, p, g);
    Rule::measure(rule.c, p, g, state, values);
  }
};

}  // namespace
}  // namespace lockstep
