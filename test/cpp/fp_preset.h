// What another addon may leave behind in the floating-point state of a thread: flush-to-zero, rounding up, and an
// unmasked exception.
#pragma once

#include "../../src/fp_state.h"

namespace lockstep {
namespace {

#if defined(__x86_64__) || defined(_M_X64)
using FpBits = uint32_t;
constexpr FpBits flushToZero = 0x8000, subnormalsAreZero = 0x0040, roundUp = 0x4000, divideByZeroMasked = 0x0200;
FpBits readFpState() { return _mm_getcsr(); }
void writeFpState(FpBits bits) { _mm_setcsr(bits); }
FpBits preset(FpBits found) { return (found | flushToZero | subnormalsAreZero | roundUp) & ~divideByZeroMasked; }
#elif defined(__aarch64__)
using FpBits = uint64_t;
constexpr FpBits flushToZero = FpBits{1} << 24, roundUp = FpBits{1} << 22;
FpBits readFpState() {
  FpBits bits;
  __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
void writeFpState(FpBits bits) { __asm__ volatile("msr fpcr, %0" : : "r"(bits) : "memory"); }
FpBits preset(FpBits found) { return found | flushToZero | roundUp; }
#else
#error "fp_preset.h does not know how to preset the state of this CPU"
#endif

}  // namespace
}  // namespace lockstep
