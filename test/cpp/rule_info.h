// The rules by number: how many coefficients, state arrays and measured values each has.
#pragma once

#include "../../src/isa.h"

namespace lockstep {
namespace {

struct RuleInfo {
  const char* name;
  size_t coefficientCount, stateCount, measureCount;
};

#define LOCKSTEP_RULE_INFO(Rule) {#Rule, Rule::coefficientCount, Rule::stateCount, Measures<Rule>::count},
constexpr RuleInfo ruleInfos[ruleCount] = {LOCKSTEP_RULES(LOCKSTEP_RULE_INFO)};
#undef LOCKSTEP_RULE_INFO

}  // namespace
}  // namespace lockstep
