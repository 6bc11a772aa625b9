// What the machine allows at best, to be measured in the same run. For the benchmark only: never shipped.
//
//   empty()                                   a Node-API call that does nothing
//   limits([threads,] grad, param, ...state)  { stream(), streamAhead(), divRoot(), twoPasses() } over these arrays,
//   see
//                                             limits.h; divRoot where there are three arrays, twoPasses where there are
//                                             four beside the gradient; threads that are started anew at each call
//   scale(values, factor)                     see limits.h
//   isa                                       the instruction set of these; absent, like them, where there is none
#define NAPI_VERSION 8
#include <node_api.h>

#include <thread>

#include "../src/cpu.h"
#include "limits.h"

namespace {

const limits::Limits* best() {
  [[maybe_unused]] const lockstep::Cpu cpu = lockstep::detectCpu();
#ifdef LIMITS_AVX512
  if (cpu.avx512) return &limits::avx512;
#endif
#ifdef LIMITS_AVX2
  if (cpu.avx2) return &limits::avx2;
#endif
#ifdef LIMITS_SSE2
  return &limits::sse2;
#endif
#ifdef LIMITS_NEON
  return &limits::neon;
#endif
  return nullptr;
}

struct Bound {
  limits::Loop loop;
  limits::Arrays arrays;
  size_t threads;
};

constexpr size_t maxThreads = 64;

/// The part of the arrays that is one thread's, in whole pages.
limits::Arrays share(limits::Arrays whole, size_t thread, size_t threads) {
  constexpr size_t page = 1024;
  const size_t pages = (whole.length + page - 1) / page;
  const size_t begin = pages * thread / threads * page;
  const size_t end = thread + 1 == threads ? whole.length : pages * (thread + 1) / threads * page;
  whole.grad += begin;
  for (float*& array : whole.written) array = array == nullptr ? nullptr : array + begin;
  whole.length = end - begin;
  return whole;
}

napi_value empty(napi_env, napi_callback_info) { return nullptr; }

napi_value run(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const Bound* const bound = static_cast<Bound*>(data);
  std::thread helpers[maxThreads];
  for (size_t i = 1; i < bound->threads; ++i) {
    helpers[i] = std::thread(bound->loop, share(bound->arrays, i, bound->threads));
  }
  bound->loop(bound->threads == 1 ? bound->arrays : share(bound->arrays, 0, bound->threads));
  for (size_t i = 1; i < bound->threads; ++i) helpers[i].join();
  return nullptr;
}

void addFunction(napi_env env, napi_value to, const char* name, napi_callback callback, void* data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, to, name, function);
}

napi_value scale(napi_env env, napi_callback_info info) {
  napi_value args[2];
  size_t argc = 2;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  napi_typedarray_type type;
  void* start = nullptr;
  size_t length = 0;
  double factor = 0;
  if (argc < 2 || napi_get_typedarray_info(env, args[0], &type, &length, &start, nullptr, nullptr) != napi_ok ||
      type != napi_float32_array || napi_get_value_double(env, args[1], &factor) != napi_ok) {
    napi_throw_type_error(env, nullptr, "scale expects a Float32Array and a number");
    return nullptr;
  }
  best()->scale(static_cast<float*>(start), static_cast<float>(factor), length);
  return nullptr;
}

/// The caller keeps the arrays alive while it calls the loops. What the loops hold is a few bytes and never freed.
napi_value bindLimits(napi_env env, napi_callback_info info) {
  napi_value args[2 + limits::maxWritten];
  size_t argc = 2 + limits::maxWritten;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  uint32_t threads = 1;
  const size_t first = argc > 0 && napi_get_value_uint32(env, args[0], &threads) == napi_ok ? 1 : 0;
  if (threads < 1 || threads > maxThreads || argc < first + 2 || argc > first + 1 + limits::maxWritten) {
    napi_throw_type_error(env, nullptr, "limits expects a gradient and 1 to 5 arrays that are written");
    return nullptr;
  }
  limits::Arrays arrays{};
  for (size_t i = first; i < argc; ++i) {
    napi_typedarray_type type;
    void* start = nullptr;
    size_t length = 0;
    if (napi_get_typedarray_info(env, args[i], &type, &length, &start, nullptr, nullptr) != napi_ok ||
        type != napi_float32_array || (i > first && length != arrays.length)) {
      napi_throw_type_error(env, nullptr, "limits expects Float32Arrays of one length");
      return nullptr;
    }
    arrays.length = length;
    if (i == first) {
      arrays.grad = static_cast<float*>(start);
    } else {
      arrays.written[i - first - 1] = static_cast<float*>(start);
    }
  }
  const size_t written = argc - first - 1;
  napi_value loops;
  napi_create_object(env, &loops);
  const auto add = [&](const char* name, limits::Loop loop) {
    addFunction(env, loops, name, run, new Bound{loop, arrays, threads});
  };
  add("stream", best()->stream[written]);
  add("streamAhead", best()->streamAhead[written]);
  if (written == 3) add("divRoot", best()->divRoot);
  if (written == 4) add("twoPasses", best()->twoPasses);
  return loops;
}

}  // namespace

NAPI_MODULE_INIT() {
  addFunction(env, exports, "empty", empty, nullptr);
  if (best() != nullptr) {
    napi_value isa;
    napi_create_string_utf8(env, best()->isa, NAPI_AUTO_LENGTH, &isa);
    napi_set_named_property(env, exports, "isa", isa);
    addFunction(env, exports, "limits", bindLimits, nullptr);
    addFunction(env, exports, "scale", scale, nullptr);
  }
  return exports;
}
