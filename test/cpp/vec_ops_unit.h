// The text that every vec_ops/<isa>.cpp shares. Include after a header that defines Vec.
#pragma once

#include <stddef.h>

#include "../../src/rules/rule.h"
#include "vec_ops.h"

namespace lockstep {
namespace {

#define LOCKSTEP_VEC_OP(name, result)                                  \
  static void name(const T* a, const T* b, T* out, size_t count) {     \
    for (size_t i = 0; i < count; i += V::lanes) {                     \
      [[maybe_unused]] const V x = V::load(a + i), y = V::load(b + i); \
      V(result).store(out + i);                                        \
    }                                                                  \
  }

template <class V>
struct VecOpsOf {
  using T = typename V::Element;

  LOCKSTEP_VEC_OP(loadStore, x)
  LOCKSTEP_VEC_OP(add, (x + y))
  LOCKSTEP_VEC_OP(subtract, (x - y))
  LOCKSTEP_VEC_OP(multiply, (x * y))
  LOCKSTEP_VEC_OP(divide, (x / y))
  LOCKSTEP_VEC_OP(squareRoot, sqrt(x))
  LOCKSTEP_VEC_OP(absolute, abs(x))
  LOCKSTEP_VEC_OP(greater, ifGreater(x, y, x - y, x + y))
  LOCKSTEP_VEC_OP(maximum, max(x, y))
  LOCKSTEP_VEC_OP(signum, sign(x))
  LOCKSTEP_VEC_OP(clamped, clamp(x, abs(y)))

  /// Sums the squares of two registers, lane by lane, and brings each sum back to T.
  static void squares(const T* a, const T* b, T* out, size_t count) {
    for (size_t i = 0; i < count; i += V::lanes) {
      double sums[V::lanes] = {};
      addSquares(sums, V::load(a + i));
      addSquares(sums, V::load(b + i));
      for (size_t k = 0; k < V::lanes; ++k) out[i + k] = static_cast<T>(sums[k]);
    }
  }

  /// Fills with every value, and looks at the lanes in turn.
  static void fill(const T* a, const T*, T* out, size_t count) {
    T lanes[V::lanes];
    for (size_t i = 0; i < count; ++i) {
      V::fill(a[i]).store(lanes);
      out[i] = lanes[i % V::lanes];
    }
  }
};

#undef LOCKSTEP_VEC_OP

}  // namespace
}  // namespace lockstep

#define LOCKSTEP_VEC_OP_TABLE(V)                                                                                   \
  {                                                                                                                \
      {"load/store", VecOpsOf<V>::loadStore}, {"fill", VecOpsOf<V>::fill},    {"+", VecOpsOf<V>::add},             \
      {"-", VecOpsOf<V>::subtract},           {"*", VecOpsOf<V>::multiply},   {"/", VecOpsOf<V>::divide},          \
      {"sqrt", VecOpsOf<V>::squareRoot},      {"abs", VecOpsOf<V>::absolute}, {"ifGreater", VecOpsOf<V>::greater}, \
      {"max", VecOpsOf<V>::maximum},          {"sign", VecOpsOf<V>::signum},  {"clamp", VecOpsOf<V>::clamped},     \
      {"addSquares", VecOpsOf<V>::squares},                                                                        \
  }
#define LOCKSTEP_VEC_OPS(name)                                                                                \
  namespace lockstep {                                                                                        \
  const VecOps vecOps::name = {#name, LOCKSTEP_VEC_OP_TABLE(Vec<float>), LOCKSTEP_VEC_OP_TABLE(Vec<double>)}; \
  }
