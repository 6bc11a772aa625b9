// Compiled once for each instruction set. The loops are plain and have only the registers' operators in common with the
// kernels: what src/sweep.h might lose is not lost here too. That the compiler kept them tight is checked by
// test/bench_limits.test.ts.
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
V opaque(V x) {
  __asm__ volatile("" : ANY_REGISTER(x.v));
  return x;
}

/// Two cache lines: what the loops do between two branches.
constexpr size_t lineLength = 64 / sizeof(float), stretch = 2 * lineLength, ahead = 8 * lineLength;

/// What stands between the loads and the stores.
struct Nothing {
  static void apply(V*) {}
};
struct DivRoot {
  static void apply(V* x) { x[0] = x[1] / sqrt(x[2]); }
};

/// `arrays` is copied: the compiler need not fear that a store to an array moves it, and keeps it in registers.
template <size_t count, class Operation, bool asksAhead>
void loop(const Arrays& arrays) {
  const Arrays a = arrays;
  for (size_t i = 0; i + stretch <= a.length; i += stretch) {
    for (size_t line = i; asksAhead && line < i + stretch; line += lineLength) {
      __builtin_prefetch(a.grad + line + ahead);
      for (size_t k = 0; k < count; ++k) __builtin_prefetch(a.written[k] + line + ahead);
    }
#pragma GCC unroll 16
    for (size_t lane = 0; lane < stretch; lane += V::lanes) {
      V x[count];
      opaque(V::load(a.grad + i + lane));
      for (size_t k = 0; k < count; ++k) x[k] = opaque(V::load(a.written[k] + i + lane));
      Operation::apply(x);
      for (size_t k = 0; k < count; ++k) x[k].store(a.written[k] + i + lane);
    }
  }
}

template <size_t count>
constexpr Loop stream = loop<count, Nothing, false>;
template <size_t count>
constexpr Loop streamAhead = loop<count, Nothing, true>;

void twoPasses(const Arrays& arrays) {
  const Arrays a = arrays;
  for (size_t i = 0; i + stretch <= a.length; i += stretch) {
#pragma GCC unroll 16
    for (size_t lane = 0; lane < stretch; lane += V::lanes) opaque(V::load(a.grad + i + lane));
  }
  Arrays all = a;
  all.written[4] = a.grad;
  loop<5, Nothing, true>(all);
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
                           {nullptr, streamAhead<1>, streamAhead<2>, streamAhead<3>, streamAhead<4>, streamAhead<5>},
                           loop<3, DivRoot, false>,
                           twoPasses,
                           scale};

}  // namespace limits
