// One lane. The reference that every other Vec must equal bit by bit, and the last elements of every sweep.
//
// A Vec<T> is a register of T with the same few operations everywhere, each correctly rounded to T: nothing here may
// fuse, approximate or reorder. Everything under simd/, rules/ and in sweep.h lives in an anonymous namespace: each ISA
// unit is compiled with flags of its own, and a shared symbol would let the linker run AVX code on a CPU without it.
#pragma once

#include <stddef.h>

#if defined(__FAST_MATH__) || (defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0)
#error "each operation must be rounded to its own type: no -ffast-math, no x87"
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define LOCKSTEP_CL 1
#pragma fp_contract(off)  // elsewhere -ffp-contract=off
#include <intrin.h>
#include <math.h>
#define LOCKSTEP_SQRT_F32 sqrtf
#define LOCKSTEP_SQRT_F64 sqrt
#define LOCKSTEP_ABS_F32 fabsf
#define LOCKSTEP_ABS_F64 fabs
#define LOCKSTEP_INLINE __forceinline
#else
#define LOCKSTEP_SQRT_F32 __builtin_sqrtf
#define LOCKSTEP_SQRT_F64 __builtin_sqrt
#define LOCKSTEP_ABS_F32 __builtin_fabsf
#define LOCKSTEP_ABS_F64 __builtin_fabs
#define LOCKSTEP_INLINE __attribute__((always_inline)) inline
#endif

namespace lockstep {
namespace {

/// A hint: the line will be needed. Any address will do, past the end of an array too. Inlined by all means, like
/// whatever does nothing but call it: GCC takes a function that only prefetches for one without effect, and removes its
/// calls.
LOCKSTEP_INLINE void prefetch(const void* address) {
#if defined(LOCKSTEP_CL) && defined(_M_X64)
  _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0);
#elif defined(LOCKSTEP_CL)
  __prefetch(address);
#else
  __builtin_prefetch(address);
#endif
}

/// A hint: whether it holds or not, the way where it does not is the one to be short.
inline bool rarely(bool holds) {
#ifdef LOCKSTEP_CL
  return holds;
#else
  return __builtin_expect(holds, false);
#endif
}

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
  /// Clears the sign bit.
  friend Scalar abs(Scalar a) {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {LOCKSTEP_ABS_F32(a.v)};
    } else {
      return {LOCKSTEP_ABS_F64(a.v)};
    }
  }
  /// a > b ? yes : no. Every maximum, sign and clamp is made of this (rule.h): processors' own disagree on NaN and -0.
  friend Scalar ifGreater(Scalar a, Scalar b, Scalar yes, Scalar no) { return {a.v > b.v ? yes.v : no.v}; }
  /// sums[lane] += a * a, in f64 whatever T is.
  friend void addSquares(double* sums, Scalar a) {
    const double wide = a.v;
    sums[0] += wide * wide;
  }
};

}  // namespace
}  // namespace lockstep
