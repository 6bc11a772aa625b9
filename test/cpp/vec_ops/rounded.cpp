// What JavaScript computes: every number is an f64, and Math.fround rounds the result of each operation once.
#include <math.h>

#include "../vec_ops_unit.h"

namespace lockstep {
namespace {

template <class T>
struct Vec {
  using Element = T;
  static constexpr size_t lanes = 1;
  double v;

  static Vec load(const T* from) { return {*from}; }
  static Vec fill(T value) { return {value}; }
  void store(T* to) const { *to = static_cast<T>(v); }

  friend Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
  friend Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
  friend Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
  friend Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
  friend Vec sqrt(Vec a) { return {::sqrt(a.v)}; }
  friend Vec abs(Vec a) { return {::fabs(a.v)}; }
  friend Vec ifGreater(Vec a, Vec b, Vec yes, Vec no) { return a.v > b.v ? yes : no; }
  friend void addSquares(double* sums, Vec a) { sums[0] += a.v * a.v; }
};

}  // namespace
}  // namespace lockstep

LOCKSTEP_VEC_OPS(rounded)
