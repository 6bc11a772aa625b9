// What an Adam step costs at least, whoever writes it: loops over the same arrays that do less.
#pragma once

#include <stddef.h>

namespace limits {

/// One f32 parameter. Every array has the same length.
struct Arrays {
  float* param;
  const float* grad;
  float* expAvg;
  float* expAvgSq;
  size_t length;
};

using Loop = void (*)(Arrays);

struct Limits {
  const char* isa;
  Loop stream;   // reads all four arrays and writes the three that Adam writes, without arithmetic
  Loop divRoot;  // the same, with one division and one square root an element
};

extern const Limits avx2, avx512, neon;

}  // namespace limits
