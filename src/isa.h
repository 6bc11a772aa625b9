// The seam between units compiled with different flags: plain data and function pointers, no SIMD type, no template.
#pragma once

#include <stddef.h>

#include "rules.h"

namespace lockstep {

enum Dtype : int { f32, f64, dtypeCount };

#define LOCKSTEP_RULE_ID(Rule) Rule##Id,
enum RuleId : int { LOCKSTEP_RULES(LOCKSTEP_RULE_ID) ruleCount };
#undef LOCKSTEP_RULE_ID

/// State arrays a rule may have at most.
constexpr size_t maxStates = 4;

#define LOCKSTEP_RULE_FITS(Rule) static_assert(Rule::stateCount <= maxStates, #Rule " has too many state arrays");
LOCKSTEP_RULES(LOCKSTEP_RULE_FITS)
#undef LOCKSTEP_RULE_FITS

/// The arrays of one parameter. All have the same length and element type, and none overlaps another that is written.
struct Tensor {
  void* param;
  const void* grad;
  void* state[maxStates];
};

/// Updates the elements [begin, end) of a tensor in place, with a row of coefficients: the prologue's, then the rule's.
/// Checks nothing.
using Kernel = void (*)(const double* row, const Tensor& tensor, size_t begin, size_t end);

/// One instruction set: its name, and its kernel of each rule and element type.
struct Isa {
  const char* name;
  Kernel kernels[ruleCount][dtypeCount];
};

namespace isa {
extern const Isa avx512, avx2, neon, scalar;
}

}  // namespace lockstep
