// What the C++ tests share: bits, numbers to try, and a report that names what ran.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <type_traits>

#include "../../src/dispatch.h"

namespace lockstep {
namespace {

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <class T>
BitsOf<T> bitsOf(T value) {
  BitsOf<T> bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

template <class T>
T fromBits(BitsOf<T> bits) {
  T value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// The contract's equality: the same bits, or both NaN.
template <class T>
bool same(T a, T b) {
  return bitsOf(a) == bitsOf(b) || (isnan(a) && isnan(b));
}

template <class T>
constexpr const char* dtypeName = sizeof(T) == 4 ? "f32" : "f64";

/// splitmix64: the same numbers on every platform, unlike the distributions of <random>.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  size_t below(size_t limit) { return static_cast<size_t>(next() % limit); }

  /// Any bit pattern.
  template <class T>
  T any() {
    return fromBits<T>(static_cast<BitsOf<T>>(next()));
  }

  /// Of either sign, with an exponent within 4 of the given number's: both operands then reach the result's last bits.
  template <class T>
  T near(T value) {
    constexpr int mantissaBits = sizeof(T) == 4 ? 23 : 52;
    constexpr BitsOf<T> mantissa = (BitsOf<T>{1} << mantissaBits) - 1, magnitude = ~BitsOf<T>{0} >> 1;
    const BitsOf<T> shift = static_cast<BitsOf<T>>(below(9)) - 4;
    const BitsOf<T> exponent = ((bitsOf(value) & magnitude & ~mantissa) + (shift << mantissaBits)) & magnitude;
    const BitsOf<T> random = static_cast<BitsOf<T>>(next());
    return fromBits<T>(exponent | (random & (mantissa | ~magnitude)));
  }

 private:
  uint64_t state_;
};

/// Zeros, subnormals, infinities, NaN, extremes, halfway cases; each with both neighbours and both signs.
template <class T>
struct Specials {
  static constexpr size_t size = 13 * 3 * 2;
  T values[size];

  Specials() {
    constexpr bool isFloat = sizeof(T) == 4;
    const T smallestNormal = static_cast<T>(isFloat ? 0x1p-126 : 0x1p-1022);
    const T largest = static_cast<T>(isFloat ? 0x1.fffffep127 : 0x1.fffffffffffffp1023);
    const T epsilon = static_cast<T>(isFloat ? 0x1p-23 : 0x1p-52);
    const T infinity = static_cast<T>(INFINITY), nan = static_cast<T>(NAN);
    const T bases[13] = {0, smallestNormal, largest, infinity, nan, 1, 2, 3, 10, epsilon, 1 / epsilon, T(0.1), T(0.75)};
    constexpr BitsOf<T> sign = ~(~BitsOf<T>{0} >> 1);
    size_t at = 0;
    for (const T base : bases) {
      for (int neighbour = -1; neighbour <= 1; ++neighbour) {
        const BitsOf<T> bits = bitsOf(base) + static_cast<BitsOf<T>>(neighbour);  // below 0 there is a NaN
        values[at++] = fromBits<T>(bits);
        values[at++] = fromBits<T>(bits ^ sign);
      }
    }
  }
};

constexpr const char* compiledIsas[] = {
#ifdef LOCKSTEP_HAS_AVX512
    "avx512",
#endif
#ifdef LOCKSTEP_HAS_AVX2
    "avx2",
#endif
#ifdef LOCKSTEP_HAS_SSE2
    "sse2",
#endif
#ifdef LOCKSTEP_HAS_NEON
    "neon",
#endif
    "scalar",
};

[[maybe_unused]] bool isRunnable(const char* name) {
  for (const Isa* isa : runnableIsas()) {
    if (strcmp(isa->name, name) == 0) return true;
  }
  return false;
}

/// An instruction set that was not run must never read as one that passed.
[[maybe_unused]] void printIsas() {
  printf("ran:");
  for (const Isa* isa : runnableIsas()) printf(" %s", isa->name);
  printf("\ncompiled, but not run because this CPU cannot:");
  bool all = true;
  for (const char* name : compiledIsas) {
    if (isRunnable(name)) continue;
    printf(" %s", name);
    all = false;
  }
  printf("%s\n", all ? " none" : "");
}

}  // namespace
}  // namespace lockstep
