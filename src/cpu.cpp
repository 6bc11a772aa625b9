#include "cpu.h"

#include <stdint.h>

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif

namespace lockstep {
namespace {

struct Registers {
  uint32_t eax, ebx, ecx, edx;
};

Registers cpuid(uint32_t leaf) {
  Registers r{};
#if defined(_MSC_VER)
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), 0);
  r = {static_cast<uint32_t>(out[0]), static_cast<uint32_t>(out[1]), static_cast<uint32_t>(out[2]),
       static_cast<uint32_t>(out[3])};
#else
  __cpuid_count(leaf, 0, r.eax, r.ebx, r.ecx, r.edx);
#endif
  return r;
}

/// XCR0: which register files the operating system saves. Only to be read when CPUID says OSXSAVE.
uint64_t xcr0() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
#endif
}

constexpr uint32_t bit(int n) { return uint32_t{1} << n; }

constexpr bool has(uint32_t flags, uint32_t wanted) { return (flags & wanted) == wanted; }

// Exactly what CMakeLists.txt compiles for.
#if defined(_MSC_VER) && !defined(__clang__)
constexpr uint32_t avx2Leaf1 = bit(12);                                            // /arch:AVX2 is AVX2 with FMA,
constexpr uint32_t avx2Leaf7 = bit(5) | bit(3) | bit(8);                           // BMI1 and BMI2
constexpr uint32_t avx512Leaf7 = bit(16) | bit(17) | bit(28) | bit(30) | bit(31);  // /arch:AVX512 is F, DQ, CD, BW, VL
#else
constexpr uint32_t avx2Leaf1 = 0;
constexpr uint32_t avx2Leaf7 = bit(5);     // -mavx2
constexpr uint32_t avx512Leaf7 = bit(16);  // -mavx512f
#endif

}  // namespace

Cpu detectCpu() {
  Cpu cpu{};
  if (cpuid(0).eax < 7) return cpu;

  constexpr uint32_t osxsave = bit(27), avx = bit(28);
  const uint32_t ecx1 = cpuid(1).ecx;
  if ((ecx1 & osxsave) == 0 || (ecx1 & avx) == 0) return cpu;

  constexpr uint64_t ymmState = 0x06, zmmState = 0xe6;
  const uint64_t saved = xcr0();
  const uint32_t ebx7 = cpuid(7).ebx;
  cpu.avx2 = (saved & ymmState) == ymmState && has(ecx1, avx2Leaf1) && has(ebx7, avx2Leaf7);
  cpu.avx512 = cpu.avx2 && (saved & zmmState) == zmmState && has(ebx7, avx512Leaf7);
  return cpu;
}

}  // namespace lockstep

#else

namespace lockstep {

Cpu detectCpu() { return {}; }

}  // namespace lockstep

#endif
