// The way of a step: plain Node-API, no allocation, no exception.
#include "plan.h"

#include <stdint.h>
#include <stdio.h>

#include <algorithm>
#include <iterator>
#include <new>

#include "../src/fp_state.h"

namespace lockstep {
namespace {

BoundPlan* planOf(napi_env env, napi_callback_info info, size_t* argc, napi_value* args) noexcept {
  void* plan = nullptr;
  napi_get_cb_info(env, info, argc, args, nullptr, &plan);
  return static_cast<BoundPlan*>(plan);
}

napi_value refuse(napi_env env, const char* code, size_t index, const char* expected) noexcept {
  char message[96];
  snprintf(message, sizeof message, "grads[%zu] must %s", index, expected);
  napi_throw_range_error(env, code, message);
  return nullptr;
}

/// The memory written by a step that the gradient, which the step reads, shares; null for none. Gradients are mostly
/// made one after the other: where nothing was written around the last one, nothing mostly is around the next.
const Range* sharedRange(BoundPlan& plan, const BoundTensor& bound, const void* grad) noexcept {
  const char* const begin = static_cast<const char*>(grad);
  const char* const end = begin + bound.bytes();
  if (begin == end || (plan.unwritten.begin <= begin && end <= plan.unwritten.end)) return nullptr;
  const auto next = std::upper_bound(plan.written.begin(), plan.written.end(), begin,
                                     [](const char* at, const Range& range) { return at < range.end; });
  if (next != plan.written.end() && next->begin < end) return &*next;
  plan.unwritten.begin = next == plan.written.begin() ? nullptr : std::prev(next)->end;
  plan.unwritten.end = next == plan.written.end() ? reinterpret_cast<const char*>(UINTPTR_MAX) : next->begin;
  return nullptr;
}

}  // namespace

napi_value overlapError(napi_env env, size_t index, size_t other) noexcept {
  napi_value code, message, error;
  if (napi_create_string_utf8(env, "ERR_OVERLAP", NAPI_AUTO_LENGTH, &code) != napi_ok ||
      napi_create_string_utf8(env, "arrays of a plan must not share memory", NAPI_AUTO_LENGTH, &message) != napi_ok ||
      napi_create_range_error(env, code, message, &error) != napi_ok) {
    return nullptr;
  }
  const auto set = [&](const char* name, size_t number) {
    napi_value value;
    return napi_create_double(env, static_cast<double>(number), &value) == napi_ok &&
           napi_set_named_property(env, error, name, value) == napi_ok;
  };
  return set("index", index) && set("other", other) ? error : nullptr;
}

napi_value step(napi_env env, napi_callback_info info) noexcept {
  const DefaultFpState fpState;
  planOf(env, info, nullptr, nullptr)->plan.step();
  return nullptr;
}

napi_value measure(napi_env env, napi_callback_info info) noexcept {
  const DefaultFpState fpState;
  planOf(env, info, nullptr, nullptr)->plan.measure();
  return nullptr;
}

napi_value measureGrads(napi_env env, napi_callback_info info) noexcept {
  const DefaultFpState fpState;
  planOf(env, info, nullptr, nullptr)->plan.measureGrads();
  return nullptr;
}

napi_value bindGrads(napi_env env, napi_callback_info info) noexcept {
  napi_value args[1 + maxGrads];
  size_t argc = 1 + maxGrads;
  BoundPlan* bound = planOf(env, info, &argc, args);
  Plan& plan = bound->plan;

  double first = -1;
  if (argc < 1 || napi_get_value_double(env, args[0], &first) != napi_ok) first = -1;
  const size_t given = argc == 0 ? 0 : argc - 1;
  const double room = static_cast<double>(plan.tensors.size() * maxSources);
  if (!(first >= 0) || given > maxGrads || first + static_cast<double>(given) > room) {
    napi_throw_range_error(env, "ERR_INVALID_GRADS",
                           "bindGrads expects (first, ...grads) that stand for bound parameters");
    return nullptr;
  }

  const size_t from = static_cast<size_t>(first), count = plan.tensors.size();
  void* data[maxGrads];
  for (size_t i = 0; i < given; ++i) {
    data[i] = nullptr;
    const BoundTensor& tensor = plan.tensors[(from + i) % count];
    napi_typedarray_type type = napi_int8_array;  // as in ArrayInfo (addon.cpp)
    size_t length = 0;
    void* start = nullptr;
    if (napi_get_typedarray_info(env, args[1 + i], &type, &length, &start, nullptr, nullptr) != napi_ok) {
      napi_valuetype kind;
      if (napi_typeof(env, args[1 + i], &kind) == napi_ok && kind == napi_null) continue;
      type = napi_int8_array;  // what is no typed array is refused as one of a wrong type
    }
    if (type != (tensor.dtype == f32 ? napi_float32_array : napi_float64_array)) {
      return refuse(env, "ERR_DTYPE", from + i, "be of the same type as its parameter");
    }
    if (length != tensor.tensor.length) {
      return refuse(env, "ERR_LENGTH", from + i, "be as long as its parameter");
    }
    const Range* const shared = sharedRange(*bound, tensor, start);
    if (shared != nullptr) {
      const napi_value error = overlapError(env, from + i, shared->tensor);
      if (error != nullptr) napi_throw(env, error);
      return nullptr;
    }
    data[i] = start;
  }
  try {
    plan.bindGrads(from, data, given);
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr, "there is no memory for more gradients");
  }
  return nullptr;
}

}  // namespace lockstep
