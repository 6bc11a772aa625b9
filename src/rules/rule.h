// What a rule is: one struct that names its coefficients and its state, and one template with its equation.
//
// update() sees one register of each array. Coefficients are the step's scalars: the same for every element, computed
// once a step in TypeScript (lib/<optimizer>.ts) from the integer step count, and rounded to the array's type. The
// TypeScript mirror in lib/rules/ uses the same names in the same order of operations.
#pragma once

#include <stddef.h>

/// Names the coefficients in the order in which they stand in a row of the coefficient block.
#define LOCKSTEP_COEFFICIENTS(...)                          \
  enum Coefficient : int { __VA_ARGS__, coefficientCount }; \
  static constexpr const char* coefficientNames() { return #__VA_ARGS__; }

/// Names the state arrays, one element a parameter element each.
#define LOCKSTEP_STATE(...)                     \
  enum State : int { __VA_ARGS__, stateCount }; \
  static constexpr const char* stateNames() { return #__VA_ARGS__; }

#define LOCKSTEP_NO_STATE          \
  enum State : int { stateCount }; \
  static constexpr const char* stateNames() { return ""; }
