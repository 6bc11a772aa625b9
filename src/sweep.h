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

/// Elements of a cache line.
template <class T>
constexpr size_t line = 64 / sizeof(T);

/// What follows the rule: the average moved, the gradient zeroed.
template <class Rule, class V>
struct Following {
  V share[1];

  explicit Following(const Tensor& tensor) : share{V::fill(static_cast<typename V::Element>(tensor.averageShare))} {}

  void run(const Arrays<Rule, typename V::Element>& arrays, size_t at, V param) const {
    if (arrays.average != nullptr) {
      V a = V::load(arrays.average + at);
      Lerp::update(share, a, param, static_cast<V*>(nullptr));
      a.store(arrays.average + at);
    }
    if (arrays.zeroed != nullptr) V::fill(0).store(arrays.zeroed + at);
  }
};

/// Asks for the lines that a sweep at `i` will soon come to.
template <class Rule, class T>
LOCKSTEP_INLINE void askAhead(const Arrays<Rule, T>& arrays, size_t i) {
  constexpr size_t ahead = 20 * line<T>;
  prefetch(arrays.param + i + ahead);
  prefetch(arrays.grad + i + ahead);
  for (int k = 0; k < Rule::stateCount; ++k) prefetch(arrays.states[k] + i + ahead);
  if (arrays.average != nullptr) prefetch(arrays.average + i + ahead);
}

/// The whole lines of [begin, end) where nothing follows the rule, which is most of what is ever swept: nothing is
/// asked of each register, and at least two of them are written out. Returns where the rest starts.
template <bool withPrologue, class Rule, class V>
size_t sweepLines(const Lanes<Rule, V>& lanes, const Arrays<Rule, typename V::Element>& arrays, bool isFar,
                  size_t begin, size_t end) {
  using T = typename V::Element;
  constexpr size_t lines = V::lanes < line<T> ? 1 : 2, stretch = lines * line<T>;
  size_t i = begin;
  for (; i + stretch <= end; i += stretch) {
    for (size_t k = 0; rarely(isFar) && k < stretch; k += line<T>) askAhead(arrays, i + k);
    for (size_t lane = 0; lane < stretch; lane += V::lanes) lanes.update(arrays, i + lane, withPrologue);
  }
  return i;
}

/// The whole registers of [begin, end), whatever stands before the rule or follows it. One loop for all cases: what it
/// asks of each register is always foreseen, and a loop a case would multiply the binary. Returns where the rest
/// starts.
template <class Rule, class V>
size_t sweepRegisters(const Lanes<Rule, V>& lanes, const Following<Rule, V>& following,
                      const Arrays<Rule, typename V::Element>& arrays, bool isFar, size_t begin, size_t end) {
  using T = typename V::Element;
  const size_t wholeEnd = end - (end - begin) % V::lanes;
  for (size_t i = begin; i < wholeEnd; i += V::lanes) {
    if (rarely(isFar) && i % line<T> < V::lanes) askAhead(arrays, i);
    const V param = lanes.update(arrays, i, lanes.hasPrologue);
    if (rarely(arrays.isFollowed())) following.run(arrays, i, param);
  }
  return wholeEnd;
}

template <class Rule, class V>
void sweep(const double* row, const Tensor& tensor, size_t begin, size_t end) {
  using T = typename V::Element;
  const Lanes<Rule, V> whole(row);
  const Arrays<Rule, T> arrays(tensor);
  size_t i = begin;
  if constexpr (V::lanes > 1) {
    const bool isFar = tensor.length * sizeof(T) >= prefetchFrom;
    if (!arrays.isFollowed()) {
      i = whole.hasPrologue ? sweepLines<true>(whole, arrays, isFar, i, end)
                            : sweepLines<false>(whole, arrays, isFar, i, end);
    }
    i = sweepRegisters(whole, Following<Rule, V>(tensor), arrays, isFar, i, end);
    if (i == end) return;
  }
  sweepRegisters(Lanes<Rule, Scalar<T>>(row), Following<Rule, Scalar<T>>(tensor), arrays, false, i, end);
}

}  // namespace
}  // namespace lockstep

#define LOCKSTEP_KERNELS(Rule) {sweep<Rule, Vec<float>>, sweep<Rule, Vec<double>>},
#define LOCKSTEP_MEASUREMENTS(Rule) {measurementOf<Rule, Vec<float>>(), measurementOf<Rule, Vec<double>>()},
#define LOCKSTEP_ISA(name)                                                                                    \
  namespace lockstep {                                                                                        \
  const Isa isa::name = {#name, {LOCKSTEP_RULES(LOCKSTEP_KERNELS)}, {LOCKSTEP_RULES(LOCKSTEP_MEASUREMENTS)}}; \
  }
