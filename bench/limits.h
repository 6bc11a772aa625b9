// What a step costs at least, whoever writes it: loops over the same arrays that do less.
#pragma once

#include <stddef.h>

namespace limits {

/// Arrays that a step writes, at most: a parameter and its state.
constexpr size_t maxWritten = 5;

/// One f32 parameter. Every array has the same length.
struct Arrays {
  const float* grad;
  float* written[maxWritten];  // the parameter, then its state
  size_t length;
};

using Loop = void (*)(const Arrays&);

struct Limits {
  const char* isa;
  Loop stream[maxWritten +
              1];  // reads the gradient, and reads and writes as many arrays as the index says; no arithmetic
  Loop divRoot;    // as stream[3], with one division and one square root an element: what Adam needs
};

extern const Limits avx2, avx512, neon;

}  // namespace limits
