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
  cpu.avx2 = (saved & ymmState) == ymmState && (ebx7 & bit(5)) != 0;
  cpu.avx512 = cpu.avx2 && (saved & zmmState) == zmmState && (ebx7 & bit(16)) != 0;  // AVX512F is all we compile for
  return cpu;
}

}  // namespace lockstep

#else

namespace lockstep {

Cpu detectCpu() { return {}; }

}  // namespace lockstep

#endif
