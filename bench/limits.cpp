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

template <size_t count, bool withDivRoot>
void loop(const Arrays& a) {
  for (size_t i = 0; i + V::lanes <= a.length; i += V::lanes) {
    V g = V::load(a.grad + i), x[count];
    for (size_t k = 0; k < count; ++k) x[k] = V::load(a.written[k] + i);
    opaque(g);
    for (size_t k = 0; k < count; ++k) opaque(x[k]);
    if constexpr (withDivRoot) x[0] = x[1] / sqrt(x[2]);
    for (size_t k = 0; k < count; ++k) x[k].store(a.written[k] + i);
  }
}

template <size_t count>
constexpr Loop stream = loop<count, false>;

void twoPasses(const Arrays& a) {
  for (size_t i = 0; i + V::lanes <= a.length; i += V::lanes) {
    V g = V::load(a.grad + i);
    opaque(g);
  }
  for (size_t i = 0; i + V::lanes <= a.length; i += V::lanes) {
    V g = V::load(a.grad + i), x[4];
    for (size_t k = 0; k < 4; ++k) x[k] = V::load(a.written[k] + i);
    opaque(g);
    for (size_t k = 0; k < 4; ++k) opaque(x[k]);
    g.store(a.grad + i);
    for (size_t k = 0; k < 4; ++k) x[k].store(a.written[k] + i);
  }
}

void scale(float* values, float factor, size_t length) {
  const V by = V::fill(factor);
  size_t i = 0;
  for (; i + V::lanes <= length; i += V::lanes) (by * V::load(values + i)).store(values + i);
  for (; i < length; ++i) values[i] *= factor;
}

#define NAME_OF(isa) #isa
#define NAME(isa) NAME_OF(isa)

}  // namespace

const Limits LIMITS_ISA = {NAME(LIMITS_ISA),
                           {nullptr, stream<1>, stream<2>, stream<3>, stream<4>, stream<5>},
                           loop<3, true>,
                           twoPasses,
                           scale};

}  // namespace limits
