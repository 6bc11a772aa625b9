// One lane. The reference that every other Vec must equal bit by bit, and the last elements of every sweep.
//
// A Vec<T> is a register of T with the same few operations everywhere, each correctly rounded to T: nothing here may
// fuse, approximate or reorder. Everything under simd/, rules/ and in sweep.h lives in an anonymous namespace: each ISA
// unit is compiled with flags of its own, and a shared symbol would let the linker run AVX code on a CPU without it.
#pragma once

#include <stddef.h>

#if defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(off)  // elsewhere -ffp-contract=off
#include <math.h>
#define LOCKSTEP_SQRT_F32 sqrtf
#define LOCKSTEP_SQRT_F64 sqrt
#else
#define LOCKSTEP_SQRT_F32 __builtin_sqrtf
#define LOCKSTEP_SQRT_F64 __builtin_sqrt
#endif

namespace lockstep {
namespace {

template <class T>
struct Scalar {
  using Element = T;
  static constexpr size_t lanes = 1;
  T v;

  static Scalar load(const T* from) { return {*from}; }
  static Scalar fill(T value) { return {value}; }
  void store(T* to) const { *to = v; }

  friend Scalar operator+(Scalar a, Scalar b) { return {a.v + b.v}; }
  friend Scalar operator-(Scalar a, Scalar b) { return {a.v - b.v}; }
  friend Scalar operator*(Scalar a, Scalar b) { return {a.v * b.v}; }
  friend Scalar operator/(Scalar a, Scalar b) { return {a.v / b.v}; }
  friend Scalar sqrt(Scalar a) {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {LOCKSTEP_SQRT_F32(a.v)};
    } else {
      return {LOCKSTEP_SQRT_F64(a.v)};
    }
  }
};

}  // namespace
}  // namespace lockstep
