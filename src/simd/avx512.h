// AVX-512: 16 floats or 8 doubles. See scalar.h for the contract.
#pragma once

#include <immintrin.h>
#include <stddef.h>

namespace lockstep {
namespace {

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using Element = float;
  static constexpr size_t lanes = 16;
  __m512 v;

  static Vec load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Vec fill(float value) { return {_mm512_set1_ps(value)}; }
  void store(float* to) const { _mm512_storeu_ps(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
  friend Vec abs(Vec a) { return {_mm512_abs_ps(a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) {
    return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), no.v, yes.v)};
  }
  friend void addSquares(double* sums, Vec a) {
    const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(a.v));
    const __m512d high = _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a.v), 1)));
    _mm512_storeu_pd(sums, _mm512_add_pd(_mm512_loadu_pd(sums), _mm512_mul_pd(low, low)));
    _mm512_storeu_pd(sums + 8, _mm512_add_pd(_mm512_loadu_pd(sums + 8), _mm512_mul_pd(high, high)));
  }
};

template <>
struct Vec<double> {
  using Element = double;
  static constexpr size_t lanes = 8;
  __m512d v;

  static Vec load(const double* from) { return {_mm512_loadu_pd(from)}; }
  static Vec fill(double value) { return {_mm512_set1_pd(value)}; }
  void store(double* to) const { _mm512_storeu_pd(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm512_add_pd(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm512_sub_pd(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm512_mul_pd(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm512_div_pd(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {_mm512_sqrt_pd(a.v)}; }
  friend Vec abs(Vec a) { return {_mm512_abs_pd(a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) {
    return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(a.v, b.v, _CMP_GT_OQ), no.v, yes.v)};
  }
  friend void addSquares(double* sums, Vec a) {
    _mm512_storeu_pd(sums, _mm512_add_pd(_mm512_loadu_pd(sums), _mm512_mul_pd(a.v, a.v)));
  }
};

}  // namespace
}  // namespace lockstep
