// The seam between units compiled with different flags: plain data and function pointers, no SIMD type, no template.
#pragma once

#include <stddef.h>

#include "rules.h"

namespace lockstep {

enum Dtype : int { f32, f64, dtypeCount };

#define LOCKSTEP_RULE_ID(Rule) Rule##Id,
enum RuleId : int { LOCKSTEP_RULES(LOCKSTEP_RULE_ID) ruleCount };
#undef LOCKSTEP_RULE_ID

/// State arrays a rule may have at most, and values that it may measure.
constexpr size_t maxStates = 4, maxMeasures = 2;

#define LOCKSTEP_RULE_FITS(Rule)                                                    \
  static_assert(Rule::stateCount <= maxStates, #Rule " has too many state arrays"); \
  static_assert(Measures<Rule>::count <= maxMeasures, #Rule " measures too many values");
LOCKSTEP_RULES(LOCKSTEP_RULE_FITS)
#undef LOCKSTEP_RULE_FITS

/// The arrays of one parameter. All have the same length and element type, and none overlaps another that is written.
struct Tensor {
  void* param;
  const void* grad;
  void* state[maxStates];
  size_t length;  // of each whole array, of which a kernel may be given a part

  // What follows the rule in the same walk.
  void* average;  // <- average + averageShare * (W - average); null for none
  double averageShare;
  void* zeroed;  // <- 0: the gradient, which was read before; null for none
};

/// Updates the elements [begin, end) of a tensor in place, with a row of coefficients: the prologue's, then the rule's;
/// then does what follows. Checks nothing.
using Kernel = void (*)(const double* row, const Tensor& tensor, size_t begin, size_t end);

/// How many elements are summed apart from the others (reduce.h).
constexpr size_t blockSize = 4096;

/// Sums the squares of what the rule measures in the elements [begin, end): a block of a tensor, with a row as above.
/// Writes nothing but the sums.
using Measurement = void (*)(const double* row, const Tensor& tensor, size_t begin, size_t end, double* sums);

/// One instruction set: its name, its kernel of each rule and element type, and the measurement of the rules that have
/// one, else null.
struct Isa {
  const char* name;
  Kernel kernels[ruleCount][dtypeCount];
  Measurement measurements[ruleCount][dtypeCount];
};

namespace isa {
extern const Isa avx512, avx2, sse2, neon, scalar;
}

}  // namespace lockstep
