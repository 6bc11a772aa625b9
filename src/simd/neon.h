// NEON (AArch64): 4 floats or 2 doubles. See scalar.h for the contract.
#pragma once

#include <arm_neon.h>
#include <stddef.h>

namespace lockstep {
namespace {

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using Element = float;
  static constexpr size_t lanes = 4;
  float32x4_t v;

  static Vec load(const float* from) { return {vld1q_f32(from)}; }
  static Vec fill(float value) { return {vdupq_n_f32(value)}; }
  void store(float* to) const { vst1q_f32(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {vsqrtq_f32(a.v)}; }
  friend Vec abs(Vec a) { return {vabsq_f32(a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) { return {vbslq_f32(vcgtq_f32(a.v, b.v), yes.v, no.v)}; }
  friend void addSquares(double* sums, Vec a) {
    const float64x2_t low = vcvt_f64_f32(vget_low_f32(a.v)), high = vcvt_high_f64_f32(a.v);
    vst1q_f64(sums, vaddq_f64(vld1q_f64(sums), vmulq_f64(low, low)));
    vst1q_f64(sums + 2, vaddq_f64(vld1q_f64(sums + 2), vmulq_f64(high, high)));
  }
};

template <>
struct Vec<double> {
  using Element = double;
  static constexpr size_t lanes = 2;
  float64x2_t v;

  static Vec load(const double* from) { return {vld1q_f64(from)}; }
  static Vec fill(double value) { return {vdupq_n_f64(value)}; }
  void store(double* to) const { vst1q_f64(to, v); }

  friend Vec operator+(Vec a, Vec b) { return {vaddq_f64(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {vsubq_f64(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {vmulq_f64(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {vdivq_f64(a.v, b.v)}; }
  friend Vec sqrt(Vec a) { return {vsqrtq_f64(a.v)}; }
  friend Vec abs(Vec a) { return {vabsq_f64(a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) { return {vbslq_f64(vcgtq_f64(a.v, b.v), yes.v, no.v)}; }
  friend void addSquares(double* sums, Vec a) { vst1q_f64(sums, vaddq_f64(vld1q_f64(sums), vmulq_f64(a.v, a.v))); }
};

}  // namespace
}  // namespace lockstep
