// The way of a step: plain Node-API, no allocation, no exception.
#include "plan.h"

#include <stdio.h>

#include <algorithm>

#include "../src/fp_state.h"

namespace lockstep {
namespace {

Plan* planOf(napi_env env, napi_callback_info info, size_t* argc, napi_value* args) noexcept {
  void* plan = nullptr;
  napi_get_cb_info(env, info, argc, args, nullptr, &plan);
  return static_cast<Plan*>(plan);
}

napi_value refuse(napi_env env, const char* code, size_t index, const char* expected) noexcept {
  char message[96];
  snprintf(message, sizeof message, "grads[%zu] must %s", index, expected);
  napi_throw_range_error(env, code, message);
  return nullptr;
}

/// The coefficients of a tensor, or null where this step leaves it alone.
const double* rowOf(const Plan& plan, size_t tensor) noexcept {
  const int32_t row = plan.rows[tensor];
  const bool isBound = row >= 0 && static_cast<size_t>(row) < plan.tensors.size();
  if (!isBound || plan.tensors[tensor].tensor.grad == nullptr) return nullptr;
  return plan.coefficients + static_cast<size_t>(row) * plan.width;
}

/// Whether the gradient, which a step reads, shares memory with anything that it writes.
bool isWritten(const Plan& plan, const BoundTensor& bound, const void* grad) noexcept {
  const char* const begin = static_cast<const char*>(grad);
  const char* const end = begin + bytesOf(bound);
  const auto first = std::upper_bound(plan.written.begin(), plan.written.end(), begin,
                                      [](const char* at, const Range& range) { return at < range.end; });
  return begin < end && first != plan.written.end() && first->begin < end;
}

}  // namespace

napi_value step(napi_env env, napi_callback_info info) noexcept {
  const Plan* plan = planOf(env, info, nullptr, nullptr);
  const DefaultFpState fpState;
  for (size_t i = 0; i < plan->tensors.size(); ++i) {
    const BoundTensor& bound = plan->tensors[i];
    if (const double* row = rowOf(*plan, i)) bound.kernel(row, bound.tensor, 0, bound.length);
  }
  return nullptr;
}

napi_value measure(napi_env env, napi_callback_info info) noexcept {
  const Plan* plan = planOf(env, info, nullptr, nullptr);
  const DefaultFpState fpState;
  for (size_t i = 0; i < plan->tensors.size(); ++i) {
    const BoundTensor& bound = plan->tensors[i];
    const double* const row = rowOf(*plan, i);
    if (row == nullptr || bound.measurement == nullptr) continue;
    double* const sums = plan->sums + i * plan->measureCount;
    std::fill_n(sums, plan->measureCount, 0.0);
    for (size_t begin = 0; begin < bound.length; begin += blockSize) {
      double block[maxMeasures];
      bound.measurement(row, bound.tensor, begin, std::min(begin + blockSize, bound.length), block);
      for (size_t k = 0; k < plan->measureCount; ++k) sums[k] += block[k];
    }
  }
  return nullptr;
}

napi_value bindGrads(napi_env env, napi_callback_info info) noexcept {
  napi_value args[1 + maxGrads];
  size_t argc = 1 + maxGrads;
  Plan* plan = planOf(env, info, &argc, args);

  double first = -1;
  if (argc < 1 || napi_get_value_double(env, args[0], &first) != napi_ok) first = -1;
  const size_t given = argc == 0 ? 0 : argc - 1;
  const double room = static_cast<double>(plan->tensors.size());
  if (!(first >= 0) || given > maxGrads || first + static_cast<double>(given) > room) {
    napi_throw_range_error(env, "ERR_INVALID_GRADS",
                           "bindGrads expects (first, ...grads) that stand for bound parameters");
    return nullptr;
  }

  BoundTensor* const bound = plan->tensors.data() + static_cast<size_t>(first);
  const void* data[maxGrads];
  for (size_t i = 0; i < given; ++i) {
    data[i] = nullptr;
    napi_typedarray_type type;
    size_t length;
    void* start;
    if (napi_get_typedarray_info(env, args[1 + i], &type, &length, &start, nullptr, nullptr) != napi_ok) {
      napi_valuetype kind;
      if (napi_typeof(env, args[1 + i], &kind) == napi_ok && kind == napi_null) continue;
      type = napi_int8_array;  // what is no typed array is refused as one of a wrong type
    }
    if (type != bound[i].type) {
      return refuse(env, "ERR_DTYPE", static_cast<size_t>(first) + i, "be of the same type as its parameter");
    }
    if (length != bound[i].length) {
      return refuse(env, "ERR_LENGTH", static_cast<size_t>(first) + i, "be as long as its parameter");
    }
    if (isWritten(*plan, bound[i], start)) {
      return refuse(env, "ERR_OVERLAP", static_cast<size_t>(first) + i,
                    "not share memory with a parameter or its state");
    }
    data[i] = start;
  }
  for (size_t i = 0; i < given; ++i) bound[i].tensor.grad = data[i];
  return nullptr;
}

}  // namespace lockstep
