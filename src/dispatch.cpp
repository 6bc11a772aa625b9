#include "dispatch.h"

#include "cpu.h"

namespace lockstep {

IsaList runnableIsas() {
  IsaList list{};
  [[maybe_unused]] const Cpu cpu = detectCpu();
#ifdef LOCKSTEP_HAS_AVX512
  if (cpu.avx512) list.items[list.size++] = &isa::avx512;
#endif
#ifdef LOCKSTEP_HAS_AVX2
  if (cpu.avx2) list.items[list.size++] = &isa::avx2;
#endif
#ifdef LOCKSTEP_HAS_SSE2
  list.items[list.size++] = &isa::sse2;  // part of every x64 CPU
#endif
#ifdef LOCKSTEP_HAS_NEON
  list.items[list.size++] = &isa::neon;  // part of every AArch64 CPU
#endif
  list.items[list.size++] = &isa::scalar;
  return list;
}

}  // namespace lockstep
