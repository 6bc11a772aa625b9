// The module: what this binary can run, and bind(), which turns arrays into a plan.
//
// Context-aware: there is no state but what JavaScript objects own, so any number of workers may load it.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include "../src/dispatch.h"
#include "../src/huge_pages.h"
#include "plan.h"

namespace lockstep {
namespace {

struct RuleInfo {
  const char* name;
  const char* coefficientNames;
  const char* stateNames;
  const char* measureNames;
  size_t coefficientCount;
  size_t stateCount;
  size_t measureCount;
};

#define LOCKSTEP_RULE_INFO(Rule) \
  {#Rule,                        \
   Rule::coefficientNames(),     \
   Rule::stateNames(),           \
   Measures<Rule>::names(),      \
   Rule::coefficientCount,       \
   Rule::stateCount,             \
   Measures<Rule>::count},
constexpr RuleInfo ruleInfos[ruleCount] = {LOCKSTEP_RULES(LOCKSTEP_RULE_INFO)};
#undef LOCKSTEP_RULE_INFO

/// "beta1, rest1" -> ["beta1", "rest1"]
Napi::Array split(Napi::Env env, const std::string& names) {
  Napi::Array list = Napi::Array::New(env);
  std::istringstream stream(names);
  for (std::string name; std::getline(stream >> std::ws, name, ',');) list.Set(list.Length(), name);
  return list;
}

Napi::Error withCode(Napi::Error error, const char* code) {
  error.Set("code", code);
  return error;
}

Napi::Error badArgument(Napi::Env env, const std::string& message) {
  return withCode(Napi::TypeError::New(env, message), "ERR_INVALID_ARG");
}

struct ArrayInfo {
  napi_typedarray_type type;
  size_t length;
  void* data;
};

/// As Node-API sees it now, not as a cached wrapper saw it earlier.
ArrayInfo arrayInfo(Napi::Env env, napi_value value, const std::string& name) {
  ArrayInfo array;
  if (napi_get_typedarray_info(env, value, &array.type, &array.length, &array.data, nullptr, nullptr) != napi_ok) {
    throw badArgument(env, name + " must be a typed array");
  }
  return array;
}

/// The memory of the plan's own: JavaScript writes it before each step, so no other code may ever hold it.
template <class T>
T* controlBlock(Napi::Env env, napi_value value, const char* name, napi_typedarray_type type, size_t length) {
  const ArrayInfo array = arrayInfo(env, value, name);
  if (array.type != type || array.length < length) throw badArgument(env, std::string(name) + " is of the wrong shape");
  return static_cast<T*>(array.data);
}

/// The memory that a step writes. Pointers see what buffer identity cannot: two SharedArrayBuffer objects over the same
/// memory.
std::vector<Range> writtenRanges(Napi::Env env, const std::vector<BoundTensor>& tensors, size_t stateCount) {
  std::vector<Range> ranges;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const BoundTensor& bound = tensors[i];
    const size_t bytes = bytesOf(bound);
    if (bytes == 0) continue;
    const auto add = [&](const void* data) {
      const char* begin = static_cast<const char*>(data);
      ranges.push_back({begin, begin + bytes, i});
    };
    add(bound.tensor.param);
    for (size_t k = 0; k < stateCount; ++k) add(bound.tensor.state[k]);
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  for (size_t k = 1; k < ranges.size(); ++k) {
    if (ranges[k].begin < ranges[k - 1].end) {
      const std::string label = "params[" + std::to_string(ranges[k].tensor) + "]";
      const std::string other = "params[" + std::to_string(ranges[k - 1].tensor) + "]";
      const std::string message = label + " must have memory of its own, but shares some with " + other;
      throw withCode(Napi::RangeError::New(env, message), "ERR_OVERLAP");
    }
  }
  return ranges;
}

BoundTensor bindTensor(Napi::Env env, const Napi::Array& arrays, const Isa& isa, const RuleInfo& rule, size_t index) {
  const std::string name = "tensors[" + std::to_string(index) + "]";
  if (arrays.Length() != 1 + rule.stateCount) throw badArgument(env, name + " must hold a param and its state");

  BoundTensor bound{};
  const ArrayInfo param = arrayInfo(env, arrays.Get(0u), name + "[0]");
  if (param.type != napi_float32_array && param.type != napi_float64_array) {
    throw badArgument(env, name + "[0] must be a Float32Array or a Float64Array");
  }
  bound.type = param.type;
  bound.length = param.length;
  bound.tensor.param = param.data;
  const Dtype dtype = param.type == napi_float32_array ? f32 : f64;
  bound.kernel = isa.kernels[&rule - ruleInfos][dtype];
  bound.measurement = isa.measurements[&rule - ruleInfos][dtype];
  for (size_t k = 0; k < rule.stateCount; ++k) {
    const std::string stateName = name + "[" + std::to_string(1 + k) + "]";
    const ArrayInfo state = arrayInfo(env, arrays.Get(static_cast<uint32_t>(1 + k)), stateName);
    if (state.type != param.type || state.length != param.length) {
      throw badArgument(env, stateName + " must be of the type and length of its param");
    }
    bound.tensor.state[k] = state.data;
    adviseHugePages(state.data, bytesOf(bound));
  }
  return bound;
}

void release(napi_env, void*, void* hint) {
  Plan* plan = static_cast<Plan*>(hint);
  if (--plan->owners == 0) delete plan;
}

Napi::Value makeFunction(Napi::Env env, const char* name, napi_callback callback, Plan* plan) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, plan, &function) != napi_ok ||
      napi_add_finalizer(env, function, nullptr, release, plan, nullptr) != napi_ok) {
    throw Napi::Error::New(env);
  }
  ++plan->owners;
  return Napi::Value(env, function);
}

/// bind(isa, rule, tensors: [param, ...state][], coefficients: Float64Array, rows: Int32Array, sums: Float64Array):
/// { step, measure, bindGrads }
Napi::Value bind(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 6 || !info[0].IsString() || !info[1].IsString() || !info[2].IsArray()) {
    throw badArgument(env, "bind expects (isa, rule, tensors, coefficients, rows, sums)");
  }

  const std::string isaName = info[0].As<Napi::String>(), ruleName = info[1].As<Napi::String>();
  const IsaList isas = runnableIsas();
  const auto isa = std::find_if(isas.begin(), isas.end(), [&](const Isa* i) { return isaName == i->name; });
  if (isa == isas.end()) throw badArgument(env, "isa '" + isaName + "' cannot run here");
  const auto rule =
      std::find_if(ruleInfos, ruleInfos + ruleCount, [&](const RuleInfo& r) { return ruleName == r.name; });
  if (rule == ruleInfos + ruleCount) throw badArgument(env, "rule '" + ruleName + "' is not in this binary");

  auto plan = std::make_unique<Plan>();
  const Napi::Array tensors = info[2].As<Napi::Array>();
  const uint32_t count = tensors.Length();
  for (uint32_t i = 0; i < count; ++i) {
    const Napi::Value arrays = tensors.Get(i);
    if (!arrays.IsArray()) throw badArgument(env, "tensors[" + std::to_string(i) + "] must be an array");
    plan->tensors.push_back(bindTensor(env, arrays.As<Napi::Array>(), **isa, *rule, i));
  }
  plan->written = writtenRanges(env, plan->tensors, rule->stateCount);
  plan->width = Prologue::coefficientCount + rule->coefficientCount;
  plan->coefficients = controlBlock<double>(env, info[3], "coefficients", napi_float64_array, count * plan->width);
  plan->rows = controlBlock<int32_t>(env, info[4], "rows", napi_int32_array, count);
  plan->measureCount = rule->measureCount;
  plan->sums = controlBlock<double>(env, info[5], "sums", napi_float64_array, count * plan->measureCount);

  Napi::Object functions = Napi::Object::New(env);
  plan->owners = 1;  // this scope's, until all functions own the plan
  Plan* const shared = plan.release();
  const std::unique_ptr<Plan, void (*)(Plan*)> guard(shared, [](Plan* p) { release(nullptr, nullptr, p); });
  functions.Set("step", makeFunction(env, "step", step, shared));
  functions.Set("measure", makeFunction(env, "measure", measure, shared));
  functions.Set("bindGrads", makeFunction(env, "bindGrads", bindGrads, shared));
  return functions;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  Napi::Array isas = Napi::Array::New(env);
  for (const Isa* isa : runnableIsas()) isas.Set(isas.Length(), isa->name);
  exports.Set("isas", isas);

  Napi::Object rules = Napi::Object::New(env);
  for (const RuleInfo& rule : ruleInfos) {
    Napi::Object names = Napi::Object::New(env);
    names.Set("coefficients", split(env, rule.coefficientNames));
    names.Set("state", split(env, rule.stateNames));
    names.Set("measures", split(env, rule.measureNames));
    rules.Set(rule.name, names);
  }
  exports.Set("rules", rules);
  exports.Set("prologue", split(env, Prologue::coefficientNames()));
  exports.Set("maxGrads", Napi::Number::New(env, maxGrads));
  exports.Set("bind", Napi::Function::New(env, bind, "bind"));
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace
}  // namespace lockstep
