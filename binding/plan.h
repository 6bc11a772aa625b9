// A plan is one optimizer's arrays, bound once, and the two functions that run on them.
//
// The plan keeps raw pointers. What makes that sound: the JavaScript optimizer holds every array in its fields, and
// before each step compares each array's length with the bound one; no array's memory moves, shrinks or goes away
// without its length changing. Steps are synchronous, so nothing can happen to an array during one.
#pragma once

#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "../src/isa.h"

namespace lockstep {

struct BoundTensor {
  Kernel kernel;
  Measurement measurement;  // null where the rule measures nothing
  Tensor tensor;
  size_t length;
  napi_typedarray_type type;
};

/// Memory that a step writes: a parameter or one of its state arrays.
struct Range {
  const char *begin, *end;
  size_t tensor;
};

inline size_t bytesOf(const BoundTensor& bound) {
  return bound.length * (bound.type == napi_float32_array ? sizeof(float) : sizeof(double));
}

struct Plan {
  std::vector<BoundTensor> tensors;
  std::vector<Range> written;  // sorted, none overlapping another
  const double* coefficients;  // rows of the step's scalars, written by JavaScript before each step
  size_t width;                // scalars in a row: the prologue's, then the rule's
  const int32_t* rows;         // a tensor's row, or a negative number: leave this tensor alone in this step
  double* sums;                // what measure() writes: measureCount numbers a tensor
  size_t measureCount;
  int owners;  // JavaScript functions that can still reach the plan
};

/// The JavaScript functions of a plan are made with the plan as their data: finding it costs no argument.

/// step(): one sweep over every tensor that has a row.
napi_value step(napi_env env, napi_callback_info info) noexcept;

/// measure(): the sums of squares that the rule asks for, of every tensor that has a row. Changes no tensor.
napi_value measure(napi_env env, napi_callback_info info) noexcept;

/// bindGrads(first, ...grads): grads[i] is the gradient of tensor first + i, null for none. At most maxGrads a call.
/// Checks type, length and overlap of all before it binds any.
napi_value bindGrads(napi_env env, napi_callback_info info) noexcept;

constexpr size_t maxGrads = 64;

}  // namespace lockstep
