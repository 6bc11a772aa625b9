// RMSprop: v <- alpha * v + (1 - alpha) * g^2; W <- W - lr * g / (sqrt(v + epsInside) + eps)
// https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
//
// eps stands outside the root or inside it: one of the two is 0; rest = 1 - alpha. With momentum
// b <- momentum * b + inner * g / (...); W <- W - outer * b: lr stands outside the buffer or inside it, and a 1 in the
// other place.
//
// Centered divides by the deviation: the average of g is kept too, and v - gradAvg^2 takes the place of v. It is a
// variance, and rounding alone can make it negative: it is then 0, where others take a root of it. NaN stays NaN. Where
// v is infinite, since the square of a gradient overflowed, so is the variance: gradAvg^2 may be infinite, too.
// https://arxiv.org/abs/1308.0850
#pragma once

#include "rule.h"

namespace lockstep {
namespace {

struct RMSprop {
  LOCKSTEP_COEFFICIENTS(alpha, rest, epsInside, eps, lr)
  LOCKSTEP_STATE(squareAvg)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V& v = state[squareAvg];
    v = c[alpha] * v + c[rest] * (grad * grad);
    param = param - c[lr] * grad / (sqrt(v + c[epsInside]) + c[eps]);
  }
};

struct RMSpropMomentum {
  LOCKSTEP_COEFFICIENTS(alpha, rest, epsInside, eps, momentum, inner, outer)
  LOCKSTEP_STATE(squareAvg, momentumBuffer)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &v = state[squareAvg], &b = state[momentumBuffer];
    v = c[alpha] * v + c[rest] * (grad * grad);
    b = c[momentum] * b + c[inner] * grad / (sqrt(v + c[epsInside]) + c[eps]);
    param = param - c[outer] * b;
  }
};

struct RMSpropCentered {
  LOCKSTEP_COEFFICIENTS(alpha, rest, epsInside, eps, lr)
  LOCKSTEP_STATE(squareAvg, gradAvg)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &v = state[squareAvg], &a = state[gradAvg];
    v = c[alpha] * v + c[rest] * (grad * grad);
    a = c[alpha] * a + c[rest] * grad;
    const V variance = ifInfinite(v, v, max(constant<V>(0), v - a * a));
    param = param - c[lr] * grad / (sqrt(variance + c[epsInside]) + c[eps]);
  }
};

struct RMSpropCenteredMomentum {
  LOCKSTEP_COEFFICIENTS(alpha, rest, epsInside, eps, momentum, inner, outer)
  LOCKSTEP_STATE(squareAvg, gradAvg, momentumBuffer)

  template <class V>
  static void update(const V* c, V& param, V grad, V* state) {
    V &v = state[squareAvg], &a = state[gradAvg], &b = state[momentumBuffer];
    v = c[alpha] * v + c[rest] * (grad * grad);
    a = c[alpha] * a + c[rest] * grad;
    const V variance = ifInfinite(v, v, max(constant<V>(0), v - a * a));
    b = c[momentum] * b + c[inner] * grad / (sqrt(variance + c[epsInside]) + c[eps]);
    param = param - c[outer] * b;
  }
};

}  // namespace
}  // namespace lockstep
