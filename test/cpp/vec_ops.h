// The operations of each Vec as plain functions over arrays: all that may cross from a unit compiled with the flags of
// one instruction set to the program that compares them.
#pragma once

#include <stddef.h>

namespace lockstep {

/// Applies one operation to every element. The arrays have a whole number of registers of any width, up to 16 elements.
template <class T>
struct VecOp {
  const char* name;
  void (*run)(const T* a, const T* b, T* out, size_t count);
};

constexpr size_t vecOpCount = 13;

struct VecOps {
  const char* isa;
  VecOp<float> f32[vecOpCount];
  VecOp<double> f64[vecOpCount];
};

namespace vecOps {
extern const VecOps avx512, avx2, sse2, neon, scalar;
/// No instruction set: each operation in f64 and rounded once, which is what the TypeScript backend does.
extern const VecOps rounded;
}  // namespace vecOps

}  // namespace lockstep
