// The one loop over elements: whole registers first, then the same rule at one lane for the rest. No masks and no
// second text, so an element's bits depend neither on where it stands in its array nor on the width of the register.
//
// Include after a simd/ header that defines Vec; LOCKSTEP_ISA then makes the table of that instruction set.
#pragma once

#include "isa.h"
#include "lanes.h"
#include "reduce.h"

namespace lockstep {
namespace {

/// From this many bytes an array on, a sweep leaves the inner caches and asks for each line in advance: hardware alone
/// does not follow four or five streams far enough. Below it, the asking would only cost.
constexpr size_t prefetchFrom = size_t{1} << 18;

/// Elements between a rule and what follows it, where a sweep asks for no lines: few enough to be still in the
/// innermost cache.
constexpr size_t runLength = 512;

/// What follows the rule: the average moved, the gradient zeroed.
template <class V>
struct Following {
  using T = typename V::Element;

  const T* param;
  T *average, *zeroed;
  V share[1];

  explicit Following(const Tensor& tensor)
      : param(static_cast<const T*>(tensor.param)),
        average(static_cast<T*>(tensor.average)),
        zeroed(static_cast<T*>(tensor.zeroed)),
        share{V::fill(static_cast<T>(tensor.averageShare))} {}

  bool isNothing() const { return average == nullptr && zeroed == nullptr; }

  /// The elements from `i` on in whole registers; returns where the rest starts.
  size_t run(size_t i, size_t end) const {
    const size_t wholeEnd = end - (end - i) % V::lanes;
    if (average != nullptr) {
      for (size_t k = i; k < wholeEnd; k += V::lanes) {
        V a = V::load(average + k);
        Lerp::update(share, a, V::load(param + k), static_cast<V*>(nullptr));
        a.store(average + k);
      }
    }
    if (zeroed != nullptr) {
      for (size_t k = i; k < wholeEnd; k += V::lanes) V::fill(0).store(zeroed + k);
    }
    return wholeEnd;
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
  const Following<V> following(tensor);
  const bool isAlone = following.isNothing();
  size_t i = begin;
  if (V::lanes > 1 && tensor.length * sizeof(T) >= prefetchFrom) {
    constexpr size_t line = 64 / sizeof(T), ahead = 512 / sizeof(T);
    for (; i + line <= end; i += line) {
      prefetch(param + i + ahead);
      prefetch(grad + i + ahead);
      for (int k = 0; k < Rule::stateCount; ++k) prefetch(static_cast<T*>(states[k]) + i + ahead);
      for (size_t lane = 0; lane < line; lane += V::lanes) whole.update(param, grad, states, i + lane);
      if (isAlone) continue;
      if (following.average != nullptr) prefetch(following.average + i + ahead);
      following.run(i, i + line);
    }
  }

  while (i < end) {
    const size_t from = i, to = isAlone || end - i < runLength ? end : i + runLength;
    for (; i + V::lanes <= to; i += V::lanes) whole.update(param, grad, states, i);
    if (i < to) {
      const Lanes<Rule, Scalar<T>, withPrologue> rest(row);
      for (; i < to; ++i) rest.update(param, grad, states, i);
    }
    if (!isAlone) Following<Scalar<T>>(tensor).run(following.run(from, to), to);
  }
}

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
#define LOCKSTEP_MEASUREMENTS(Rule) {measurementOf<Rule, Vec<float>>(), measurementOf<Rule, Vec<double>>()},
#define LOCKSTEP_ISA(name)                                                                                    \
  namespace lockstep {                                                                                        \
  const Isa isa::name = {#name, {LOCKSTEP_RULES(LOCKSTEP_KERNELS)}, {LOCKSTEP_RULES(LOCKSTEP_MEASUREMENTS)}}; \
  }
