// A plan that JavaScript holds: its arrays, bound once, and the functions that run on them.
//
// The plan keeps raw pointers. What makes that sound: the JavaScript optimizer holds every array in its fields, and
// before each step compares each array's length with the bound one; no array's memory moves, shrinks or goes away
// without its length changing. Steps are synchronous, so nothing can happen to an array during one.
#pragma once

#include <node_api.h>
#include <stddef.h>

#include <vector>

#include "../src/plan.h"

namespace lockstep {

/// Memory that a step writes: a parameter, one of its state arrays, or its average.
struct Range {
  const char *begin, *end;
  size_t tensor;
};

/// An ERR_OVERLAP error that tells lib/ by index what shares memory (`SharedMemory` in lib/plan.ts): lib/ knows the
/// names that the user gave. `index` is the parameter or the gradient that is refused, `other` the parameter that the
/// memory belongs to. Null where JavaScript is being ended.
napi_value overlapError(napi_env env, size_t index, size_t other) noexcept;

struct BoundPlan {
  Plan plan;
  std::vector<Range> written;  // sorted, none overlapping another
  struct {
    const char *begin = nullptr, *end = nullptr;
  } unwritten;     // a stretch without any of it, where the last gradient was
  int owners = 0;  // JavaScript functions that can still reach the plan
};

/// The JavaScript functions of a plan are made with the plan as their data: finding it costs no argument.

/// step(): one sweep over every tensor that has a row.
napi_value step(napi_env env, napi_callback_info info) noexcept;

/// measure(): the sums of squares that the rules ask for, of every tensor that has a row. Changes no tensor.
napi_value measure(napi_env env, napi_callback_info info) noexcept;

/// measureGrads(): the sums of squares of the gradients of every tensor that has a row.
napi_value measureGrads(napi_env env, napi_callback_info info) noexcept;

/// bindGrads(first, ...grads): grads[i] is gradient first + i, null for none. Those of all tensors come first, then
/// those of the second source, and so on. At most maxGrads a call. Checks type, length and overlap of all before it
/// binds any.
napi_value bindGrads(napi_env env, napi_callback_info info) noexcept;

constexpr size_t maxGrads = 64;

/// Gradients of one tensor in one step, at most.
constexpr size_t maxSources = 1024;

}  // namespace lockstep
