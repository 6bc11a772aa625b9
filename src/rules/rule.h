// What a rule is: one struct that names its coefficients and its state, and one template with its equation.
//
// update() sees one register of each array. Coefficients are the step's scalars: the same for every element, computed
// once a step in TypeScript (lib/optimizers/) from the integer step count, and rounded to the array's type. `npm run
// rules` writes lib/rules/*.ts from the headers beside this one, so a rule is written in a small part of C++
// (scripts/rules/parse.ts lists it).
//
// Beside + - * / and sqrt, abs and ifGreater of simd/, a rule may use what is made of them here.
#pragma once

#include <float.h>
#include <stddef.h>

/// Names the coefficients in the order in which they stand in a row of the coefficient block.
#define LOCKSTEP_COEFFICIENTS(...)                          \
  enum Coefficient : int { __VA_ARGS__, coefficientCount }; \
  static constexpr const char* coefficientNames() { return #__VA_ARGS__; }

#define LOCKSTEP_NO_COEFFICIENTS               \
  enum Coefficient : int { coefficientCount }; \
  static constexpr const char* coefficientNames() { return ""; }

/// Names the state arrays, one element a parameter element each.
#define LOCKSTEP_STATE(...)                     \
  enum State : int { __VA_ARGS__, stateCount }; \
  static constexpr const char* stateNames() { return #__VA_ARGS__; }

#define LOCKSTEP_NO_STATE          \
  enum State : int { stateCount }; \
  static constexpr const char* stateNames() { return ""; }

/// The coefficients of another rule, followed by one more.
#define LOCKSTEP_COEFFICIENTS_AFTER(Rule, name)                               \
  enum Coefficient : int { name = Rule::coefficientCount, coefficientCount }; \
  static constexpr JoinedNames joinedNames{Rule::coefficientNames(), #name};  \
  static constexpr const char* coefficientNames() { return joinedNames.text; }

/// The state of another rule.
#define LOCKSTEP_STATE_OF(Rule)                       \
  enum State : int { stateCount = Rule::stateCount }; \
  static constexpr const char* stateNames() { return Rule::stateNames(); }

/// Names the values whose squares are summed over a whole array before a step, where a rule needs norms. measure() says
/// what they are, one register of each. It gets registers of its own: what it writes to param, grad and state reaches
/// no array. See reduce.h.
#define LOCKSTEP_MEASURES(...)                      \
  enum Measure : int { __VA_ARGS__, measureCount }; \
  static constexpr const char* measureNames() { return #__VA_ARGS__; }

namespace lockstep {
namespace {

template <class...>
using Exists = void;

/// How many values a rule measures, and their names: none, unless it says otherwise.
template <class Rule, class = void>
struct Measures {
  static constexpr int count = 0;
  static constexpr const char* names() { return ""; }
};

template <class Rule>
struct Measures<Rule, Exists<typename Rule::Measure>> {
  static constexpr int count = Rule::measureCount;
  static constexpr const char* names() { return Rule::measureNames(); }
};

/// "a, b" and "c" as "a, b, c".
struct JoinedNames {
  char text[256] = {};

  constexpr JoinedNames(const char* first, const char* last) {
    char* end = text;
    for (; *first != 0; ++first) *end++ = *first;
    *end++ = ',';
    *end++ = ' ';
    for (; *last != 0; ++last) *end++ = *last;
  }
};

template <class V>
V constant(double value) {
  return V::fill(static_cast<typename V::Element>(value));
}

/// a is +infinity ? yes : no
template <class V>
V ifInfinite(V a, V yes, V no) {
  if constexpr (sizeof(typename V::Element) == sizeof(float)) {
    return ifGreater(a, V::fill(FLT_MAX), yes, no);
  } else {
    return ifGreater(a, V::fill(DBL_MAX), yes, no);
  }
}

/// a > b ? a : b
template <class V>
V max(V a, V b) {
  return ifGreater(a, b, a, b);
}

/// 1, -1, 0 for either zero, and NaN for NaN.
template <class V>
V sign(V a) {
  const V zero = constant<V>(0);
  return ifGreater(a, zero, constant<V>(1), ifGreater(zero, a, constant<V>(-1), a - a));
}

/// low <= high. NaN stays NaN.
template <class V>
V limit(V a, V low, V high) {
  return ifGreater(a, high, high, ifGreater(low, a, low, a));
}

/// bound >= 0. NaN stays NaN.
template <class V>
V clamp(V a, V bound) {
  return limit(a, constant<V>(0) - bound, bound);
}

}  // namespace
}  // namespace lockstep
