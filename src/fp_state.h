// The floating-point state that the numeric contract needs: round to nearest, subnormals kept.
#pragma once

#include <stdint.h>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#elif defined(_M_ARM64)
#include <intrin.h>
#endif

namespace lockstep {

/// Holds the default state for its lifetime, on the thread that made it, and restores what it found: other addons'
/// flush-to-zero or rounding modes neither change our results nor are lost. Where the default is found, as nearly
/// always, nothing is written: that would take longer than a small step. What is left then are flags that say what
/// happened.
class DefaultFpState {
 public:
  DefaultFpState() : found_(read()), isDefault_(((found_ ^ initial) & ~flags) == 0) {
    if (!isDefault_) write(initial);
  }
  ~DefaultFpState() {
    if (!isDefault_) write(found_);
  }
  DefaultFpState(const DefaultFpState&) = delete;
  DefaultFpState& operator=(const DefaultFpState&) = delete;

 private:
#if defined(__x86_64__) || defined(_M_X64)
  using Bits = uint32_t;
  static constexpr Bits initial = 0x1f80;  // MXCSR after reset: every exception masked
  static constexpr Bits flags = 0x3f;      // of exceptions that were raised
  static Bits read() { return _mm_getcsr(); }
  static void write(Bits bits) { _mm_setcsr(bits); }
#elif defined(__aarch64__)
  using Bits = uint64_t;
  static constexpr Bits initial = 0;
  static constexpr Bits flags = 0;
  static Bits read() {
    Bits bits;
    __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
    return bits;
  }
  static void write(Bits bits) { __asm__ volatile("msr fpcr, %0" : : "r"(bits) : "memory"); }
#elif defined(_M_ARM64)
  using Bits = int64_t;
  static constexpr Bits initial = 0;
  static constexpr Bits flags = 0;
  static Bits read() { return _ReadStatusReg(ARM64_FPCR); }
  static void write(Bits bits) { _WriteStatusReg(ARM64_FPCR, bits); }
#else
  using Bits = int;
  static constexpr Bits initial = 0;
  static constexpr Bits flags = 0;
  static Bits read() { return 0; }
  static void write(Bits) {}
#endif

  const Bits found_;
  const bool isDefault_;
};

}  // namespace lockstep
