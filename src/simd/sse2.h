// SSE2, which every x64 CPU has: 4 floats or 2 doubles. See scalar.h for the contract.
#pragma once

#include <emmintrin.h>
#include <stddef.h>

namespace lockstep {
namespace {

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using Element = float;
  static constexpr size_t lanes = 4;
  __m128 v;

  static Vec load(const float* from) { return {_mm_loadu_ps(from)}; }
  static Vec fill(float value) { return {_mm_set1_ps(value)}; }
  void store(float* to) const { _mm_storeu_ps(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm_div_ps(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {_mm_sqrt_ps(a.v)}; }
  friend Vec abs(Vec a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
  /// By masks: the instruction that blends came with SSE4.1.
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) {
    const __m128 isGreater = _mm_cmpgt_ps(a.v, b.v);
    return {_mm_or_ps(_mm_and_ps(isGreater, yes.v), _mm_andnot_ps(isGreater, no.v))};
  }
  friend void addSquares(double* sums, Vec a) {
    const __m128d low = _mm_cvtps_pd(a.v), high = _mm_cvtps_pd(_mm_movehl_ps(a.v, a.v));
    _mm_storeu_pd(sums, _mm_add_pd(_mm_loadu_pd(sums), _mm_mul_pd(low, low)));
    _mm_storeu_pd(sums + 2, _mm_add_pd(_mm_loadu_pd(sums + 2), _mm_mul_pd(high, high)));
  }
};

template <>
struct Vec<double> {
  using Element = double;
  static constexpr size_t lanes = 2;
  __m128d v;

  static Vec load(const double* from) { return {_mm_loadu_pd(from)}; }
  static Vec fill(double value) { return {_mm_set1_pd(value)}; }
  void store(double* to) const { _mm_storeu_pd(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm_add_pd(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm_sub_pd(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm_mul_pd(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm_div_pd(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {_mm_sqrt_pd(a.v)}; }
  friend Vec abs(Vec a) { return {_mm_andnot_pd(_mm_set1_pd(-0.0), a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) {
    const __m128d isGreater = _mm_cmpgt_pd(a.v, b.v);
    return {_mm_or_pd(_mm_and_pd(isGreater, yes.v), _mm_andnot_pd(isGreater, no.v))};
  }
  friend void addSquares(double* sums, Vec a) {
    _mm_storeu_pd(sums, _mm_add_pd(_mm_loadu_pd(sums), _mm_mul_pd(a.v, a.v)));
  }
};

}  // namespace
}  // namespace lockstep
