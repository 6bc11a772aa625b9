// What a step costs at least, whoever writes it: loops over the same arrays that do less.
#pragma once

#include <stddef.h>

namespace limits {

/// Arrays that a step writes, at most: a parameter and its state.
constexpr size_t maxWritten = 5;

/// One f32 parameter. Every array has the same length.
struct Arrays {
  float* grad;
  float* written[maxWritten];  // the parameter, then its state
  size_t length;
};

using Loop = void (*)(const Arrays&);

struct Limits {
  const char* isa;
  /// Reads the gradient, and reads and writes as many arrays as the index says; no arithmetic.
  Loop stream[maxWritten + 1];
  /// The same, asking for cache lines in advance as src/sweep.h does. Which of the two is faster depends on the
  /// machine.
  Loop streamAhead[maxWritten + 1];
  /// As stream[3], with one division and one square root an element: what Adam needs.
  Loop divRoot;
  /// Reads the gradient; then, in a second pass, reads and writes the gradient and four arrays: what Adam needs with an
  /// average where the norm of all gradients comes first, and gradients are zeroed.
  Loop twoPasses;
  /// No limit, but a pass that lockstep has no use for: values <- factor * values.
  void (*scale)(float* values, float factor, size_t length);
};

extern const Limits avx512, avx2, sse2, neon;

}  // namespace limits
