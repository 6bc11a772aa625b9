// AVX2: 8 floats or 4 doubles. See scalar.h for the contract.
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
  static constexpr size_t lanes = 8;
  __m256 v;

  static Vec load(const float* from) { return {_mm256_loadu_ps(from)}; }
  static Vec fill(float value) { return {_mm256_set1_ps(value)}; }
  void store(float* to) const { _mm256_storeu_ps(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
  friend Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) {
    return {_mm256_blendv_ps(no.v, yes.v, _mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ))};
  }
  friend void addSquares(double* sums, Vec a) {
    const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(a.v));
    const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(a.v, 1));
    _mm256_storeu_pd(sums, _mm256_add_pd(_mm256_loadu_pd(sums), _mm256_mul_pd(low, low)));
    _mm256_storeu_pd(sums + 4, _mm256_add_pd(_mm256_loadu_pd(sums + 4), _mm256_mul_pd(high, high)));
  }
};

template <>
struct Vec<double> {
  using Element = double;
  static constexpr size_t lanes = 4;
  __m256d v;

  static Vec load(const double* from) { return {_mm256_loadu_pd(from)}; }
  static Vec fill(double value) { return {_mm256_set1_pd(value)}; }
  void store(double* to) const { _mm256_storeu_pd(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm256_add_pd(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm256_sub_pd(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm256_mul_pd(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm256_div_pd(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {_mm256_sqrt_pd(a.v)}; }
  friend Vec abs(Vec a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) {
    return {_mm256_blendv_pd(no.v, yes.v, _mm256_cmp_pd(a.v, b.v, _CMP_GT_OQ))};
  }
  friend void addSquares(double* sums, Vec a) {
    _mm256_storeu_pd(sums, _mm256_add_pd(_mm256_loadu_pd(sums), _mm256_mul_pd(a.v, a.v)));
  }
};

}  // namespace
}  // namespace lockstep
