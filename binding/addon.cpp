// The module: what this binary can run, and bind(), which turns arrays into a plan.
//
// Context-aware: there is no state but what JavaScript objects own, so any number of workers may load it.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <string>

#include "../src/dispatch.h"
#include "../src/huge_pages.h"
#include "../src/pool.h"
#include "plan.h"
#include "stay_loaded.h"

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
  for (size_t begin = 0; (begin = names.find_first_not_of(", ", begin)) != std::string::npos;) {
    const size_t end = std::min(names.find(',', begin), names.size());
    list.Set(list.Length(), names.substr(begin, end - begin));
    begin = end;
  }
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
  napi_typedarray_type type = napi_int8_array;  // stays where Node-API does not know the type: a Float16Array
  size_t length = 0;
  void* data = nullptr;
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
std::vector<Range> writtenRanges(Napi::Env env, const std::vector<BoundTensor>& tensors) {
  std::vector<Range> ranges;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const BoundTensor& bound = tensors[i];
    const size_t bytes = bound.bytes();
    if (bytes == 0) continue;
    const auto add = [&](const void* data) {
      const char* begin = static_cast<const char*>(data);
      if (data != nullptr) ranges.push_back({begin, begin + bytes, i});
    };
    add(bound.tensor.param);
    add(bound.tensor.average);
    for (const void* state : bound.tensor.state) add(state);
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  for (size_t k = 1; k < ranges.size(); ++k) {
    if (ranges[k].begin < ranges[k - 1].end) {
      const napi_value error = overlapError(env, ranges[k].tensor, ranges[k - 1].tensor);
      throw error == nullptr ? Napi::Error::New(env) : Napi::Error(env, error);
    }
  }
  return ranges;
}

size_t ruleNamed(Napi::Env env, const Napi::Value& value) {
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  for (size_t rule = 0; rule < ruleCount; ++rule) {
    if (name == ruleInfos[rule].name) return rule;
  }
  throw badArgument(env, "rule '" + name + "' is not in this binary");
}

/// { rule, arrays: [param, ...state], average: array or null }
BoundTensor bindTensor(Napi::Env env, const Napi::Object& given, const std::string& name) {
  const size_t rule = ruleNamed(env, given.Get("rule"));
  const size_t stateCount = ruleInfos[rule].stateCount;
  const Napi::Value list = given.Get("arrays");
  if (!list.IsArray() || list.As<Napi::Array>().Length() != 1 + stateCount) {
    throw badArgument(env, name + ".arrays must hold a param and its state");
  }
  const Napi::Array arrays = list.As<Napi::Array>();

  BoundTensor bound{};
  const ArrayInfo param = arrayInfo(env, arrays.Get(0u), name + ".arrays[0]");
  if (param.type != napi_float32_array && param.type != napi_float64_array) {
    throw badArgument(env, name + ".arrays[0] must be a Float32Array or a Float64Array");
  }
  bound.rule = static_cast<RuleId>(rule);
  bound.dtype = param.type == napi_float32_array ? f32 : f64;
  bound.tensor.param = param.data;
  bound.tensor.length = param.length;
  const auto likeParam = [&](const Napi::Value& value, const std::string& which) {
    const ArrayInfo array = arrayInfo(env, value, which);
    if (array.type != param.type || array.length != param.length) {
      throw badArgument(env, which + " must be of the type and length of its param");
    }
    adviseHugePages(array.data, bound.bytes());
    return array.data;
  };
  for (size_t k = 0; k < stateCount; ++k) {
    bound.tensor.state[k] =
        likeParam(arrays.Get(static_cast<uint32_t>(1 + k)), name + ".arrays[" + std::to_string(1 + k) + "]");
  }
  const Napi::Value average = given.Get("average");
  if (!average.IsNull()) bound.tensor.average = likeParam(average, name + ".average");
  return bound;
}

void release(napi_env, void*, void* hint) {
  BoundPlan* plan = static_cast<BoundPlan*>(hint);
  if (--plan->owners == 0) delete plan;
}

Napi::Value makeFunction(Napi::Env env, const char* name, napi_callback callback, BoundPlan* plan) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, plan, &function) != napi_ok ||
      napi_add_finalizer(env, function, nullptr, release, plan, nullptr) != napi_ok) {
    throw Napi::Error::New(env);
  }
  ++plan->owners;
  return Napi::Value(env, function);
}

/// bind(isa, tensors: { rule, arrays, average }[], coefficients: Float64Array, width, rows: Int32Array,
/// sums: Float64Array, threads): { step, measure, measureGrads, bindGrads }
Napi::Value bind(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 7 || !info[0].IsString() || !info[1].IsArray() || !info[3].IsNumber() || !info[6].IsNumber()) {
    throw badArgument(env, "bind expects (isa, tensors, coefficients, width, rows, sums, threads)");
  }

  const std::string isaName = info[0].As<Napi::String>();
  const IsaList isas = runnableIsas();
  const auto isa = std::find_if(isas.begin(), isas.end(), [&](const Isa* i) { return isaName == i->name; });
  if (isa == isas.end()) throw badArgument(env, "isa '" + isaName + "' cannot run here");

  auto bound = std::make_unique<BoundPlan>();
  Plan& plan = bound->plan;
  plan.isa = *isa;
  const double width = info[3].As<Napi::Number>();
  const Napi::Array tensors = info[1].As<Napi::Array>();
  const uint32_t count = tensors.Length();
  for (uint32_t i = 0; i < count; ++i) {
    const std::string name = "tensors[" + std::to_string(i) + "]";
    const Napi::Value tensor = tensors.Get(i);
    if (!tensor.IsObject()) throw badArgument(env, name + " must be an object");
    plan.tensors.push_back(bindTensor(env, tensor.As<Napi::Object>(), name));
    const RuleInfo& rule = ruleInfos[plan.tensors.back().rule];
    const size_t needed = Stages::coefficientCount + Prologue::coefficientCount + rule.coefficientCount;
    if (!(width >= static_cast<double>(needed))) throw badArgument(env, "width is too small for " + name);
  }
  if (count > 0 && !(width <= 1024)) throw badArgument(env, "width is too large");
  bound->written = writtenRanges(env, plan.tensors);
  plan.width = count == 0 ? 0 : static_cast<size_t>(width);
  plan.coefficients = controlBlock<double>(env, info[2], "coefficients", napi_float64_array, count * plan.width);
  plan.rowCount = count == 0 ? 0 : arrayInfo(env, info[2], "coefficients").length / plan.width;
  plan.rows = controlBlock<int32_t>(env, info[4], "rows", napi_int32_array, count + stepScalarCount);
  constexpr size_t sumsEach = sizeof(Sums) / sizeof(double);
  plan.sums = reinterpret_cast<Sums*>(controlBlock<double>(env, info[5], "sums", napi_float64_array, count * sumsEach));
  const double threads = info[6].As<Napi::Number>();
  plan.threads = threads >= 1 ? static_cast<size_t>(std::min(threads, static_cast<double>(maxThreads))) : 1;
  plan.prepare();

  Napi::Object functions = Napi::Object::New(env);
  bound->owners = 1;  // this scope's, until all functions own the plan
  BoundPlan* const shared = bound.release();
  const std::unique_ptr<BoundPlan, void (*)(BoundPlan*)> guard(shared,
                                                               [](BoundPlan* p) { release(nullptr, nullptr, p); });
  functions.Set("step", makeFunction(env, "step", step, shared));
  functions.Set("measure", makeFunction(env, "measure", measure, shared));
  functions.Set("measureGrads", makeFunction(env, "measureGrads", measureGrads, shared));
  functions.Set("bindGrads", makeFunction(env, "bindGrads", bindGrads, shared));
  return functions;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  stayLoaded();
  exports.Set("version", Napi::String::New(env, LOCKSTEP_VERSION));
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
  exports.Set("stages", split(env, Stages::coefficientNames()));
  exports.Set("prologue", split(env, Prologue::coefficientNames()));
  exports.Set("maxGrads", Napi::Number::New(env, maxGrads));
  exports.Set("helperCount", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return Napi::Number::New(info.Env(), static_cast<double>(helperCount()));
              }));
  exports.Set("failToStartHelpers", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                failToStartHelpers(info[0].ToBoolean());
              }));
  exports.Set("bind", Napi::Function::New(env, bind, "bind"));
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace
}  // namespace lockstep
