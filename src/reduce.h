// Sums of squares over a whole array, in one fixed shape: products and sums in f64, element i of a block of 4096 in
// partial sum i mod 16, the 16 halved to one as a tree, and the blocks added in order. Neither the width of a register
// nor how the blocks are shared out changes a bit. lib/reduce.ts has the same shape.
//
// Include after a simd/ header that defines Vec.
#pragma once

#include "isa.h"
#include "lanes.h"

namespace lockstep {
namespace {

constexpr size_t partialCount = 16;

/// How far ahead the gradient is asked for, in elements: hardware stops at the end of each page, which this steps over.
constexpr size_t gradAhead = 256;

template <class Rule, class V>
void measureLanes(const Lanes<Rule, V>& lanes, const Arrays<Rule, typename V::Element>& arrays, size_t at,
                  size_t partial, double (*partials)[partialCount]) {
  V values[Measures<Rule>::count];
  lanes.measure(arrays, at, values);
  for (int k = 0; k < Measures<Rule>::count; ++k) addSquares(partials[k] + partial, values[k]);
}

/// Sums one block. A rule that measures nothing has no such function.
template <class Rule, class V>
void measure(const double* row, const Tensor& tensor, size_t begin, size_t end, double* sums) {
  using T = typename V::Element;
  double partials[Measures<Rule>::count][partialCount] = {};
  const Arrays<Rule, T> arrays(tensor);
  const Lanes<Rule, V> whole(row);
  size_t i = begin;
  for (; i + partialCount <= end; i += partialCount) {
    prefetch(arrays.grad + i + gradAhead);
    for (size_t k = 0; k < partialCount; k += V::lanes) measureLanes(whole, arrays, i + k, k, partials);
  }
  const Lanes<Rule, Scalar<T>> rest(row);
  for (size_t k = 0; i + k < end; ++k) measureLanes(rest, arrays, i + k, k, partials);

  for (int m = 0; m < Measures<Rule>::count; ++m) {
    double* const partial = partials[m];
    for (size_t half = partialCount / 2; half > 0; half /= 2) {
      for (size_t k = 0; k < half; ++k) partial[k] += partial[k + half];
    }
    sums[m] = partial[0];
  }
}

template <class Rule, class V>
constexpr Measurement measurementOf() {
  if constexpr (Measures<Rule>::count == 0) {
    return nullptr;
  } else {
    return measure<Rule, V>;
  }
}

}  // namespace
}  // namespace lockstep
