// Compiled once for each instruction set. The loops are plain and have only the registers' operators in common with the
// kernels: what src/sweep.h might lose is not lost here too.
#include "limits.h"

#include LIMITS_LANES

namespace limits {
namespace {

using V = lockstep::Vec<float>;

#if defined(__aarch64__)
#define ANY_REGISTER "+w"
#else
#define ANY_REGISTER "+x"
#endif

/// An empty asm that the register passes through: the compiler can neither leave out a load that nobody uses nor see
/// that what is stored is what was loaded.
void opaque(V& x) { __asm__ volatile("" : ANY_REGISTER(x.v)); }

void stream(Arrays a) {
  for (size_t i = 0; i + V::lanes <= a.length; i += V::lanes) {
    V p = V::load(a.param + i), g = V::load(a.grad + i), m = V::load(a.expAvg + i), v = V::load(a.expAvgSq + i);
    opaque(p), opaque(g), opaque(m), opaque(v);
    p.store(a.param + i);
    m.store(a.expAvg + i);
    v.store(a.expAvgSq + i);
  }
}

void divRoot(Arrays a) {
  for (size_t i = 0; i + V::lanes <= a.length; i += V::lanes) {
    V p = V::load(a.param + i), g = V::load(a.grad + i), m = V::load(a.expAvg + i), v = V::load(a.expAvgSq + i);
    opaque(p), opaque(g), opaque(m), opaque(v);
    p = m / sqrt(v);
    p.store(a.param + i);
    m.store(a.expAvg + i);
    v.store(a.expAvgSq + i);
  }
}

#define NAME_OF(isa) #isa
#define NAME(isa) NAME_OF(isa)

}  // namespace

const Limits LIMITS_ISA = {NAME(LIMITS_ISA), stream, divRoot};

}  // namespace limits
