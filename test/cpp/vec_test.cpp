// Every operation of every Vec against Scalar, bit by bit; and Scalar against arithmetic in f64 that is rounded once.
#include <vector>

#include "check.h"
#include "vec_ops.h"

namespace lockstep {
namespace {

constexpr const VecOps* compiledOps[] = {
#ifdef LOCKSTEP_HAS_AVX512
    &vecOps::avx512,
#endif
#ifdef LOCKSTEP_HAS_AVX2
    &vecOps::avx2,
#endif
#ifdef LOCKSTEP_HAS_SSE2
    &vecOps::sse2,
#endif
#ifdef LOCKSTEP_HAS_NEON
    &vecOps::neon,
#endif
    &vecOps::scalar,
};

constexpr size_t randomPairs = size_t{1} << 20;

/// Arrays that no register may assume to be aligned.
template <class T>
class Unaligned {
 public:
  explicit Unaligned(size_t size) : memory_(size + 16) {
    while (reinterpret_cast<uintptr_t>(memory_.data() + offset_) % 64 != sizeof(T)) ++offset_;
  }
  T* data() { return memory_.data() + offset_; }
  const T* data() const { return memory_.data() + offset_; }

 private:
  std::vector<T> memory_;
  size_t offset_ = 0;
};

/// Pairs of operands: all pairs of special values, bit patterns at random, and operands of like size.
template <class T>
struct Operands {
  size_t size;
  Unaligned<T> a, b;

  Operands() : size(roundUp(specials().size * specials().size + 2 * randomPairs)), a(size), b(size) {
    const Specials<T> s = specials();
    Random random(1);
    size_t at = 0;
    for (const T x : s.values) {
      for (const T y : s.values) set(at++, x, y);
    }
    for (size_t i = 0; i < randomPairs; ++i) set(at++, random.any<T>(), random.any<T>());
    while (at < size) {
      const T x = random.any<T>();
      set(at++, x, random.near(x));
    }
  }

 private:
  static Specials<T> specials() { return {}; }
  static size_t roundUp(size_t count) { return (count + 15) / 16 * 16; }
  void set(size_t at, T x, T y) {
    a.data()[at] = x;
    b.data()[at] = y;
  }
};

/// Prints one line for each operation. Returns how many of them differ from the reference.
template <class T>
int compare(const char* isa, const VecOp<T>* ops, const char* referenceIsa, const VecOp<T>* reference,
            const Operands<T>& in) {
  int wrong = 0;
  Unaligned<T> got(in.size), expected(in.size);
  for (size_t k = 0; k < vecOpCount; ++k) {
    ops[k].run(in.a.data(), in.b.data(), got.data(), in.size);
    reference[k].run(in.a.data(), in.b.data(), expected.data(), in.size);
    size_t differing = 0, first = 0;
    for (size_t i = in.size; i-- > 0;) {
      if (same(got.data()[i], expected.data()[i])) continue;
      ++differing;
      first = i;
    }
    printf("%-6s %s  %-10s  %zu results, %zu differ from %s\n", isa, dtypeName<T>, ops[k].name, in.size, differing,
           referenceIsa);
    if (differing == 0) continue;
    ++wrong;
    printf("  DIFFERS first at %zu: %s of %a and %a is %a, %s has %a\n", first, ops[k].name,
           static_cast<double>(in.a.data()[first]), static_cast<double>(in.b.data()[first]),
           static_cast<double>(got.data()[first]), referenceIsa, static_cast<double>(expected.data()[first]));
  }
  return wrong;
}

int run() {
  const Operands<float> f32;
  const Operands<double> f64;
  int wrong = 0;
  size_t ran = 0;
  for (const VecOps* ops : compiledOps) {
    if (!isRunnable(ops->isa)) continue;
    ++ran;
    const VecOps& reference = ops == &vecOps::scalar ? vecOps::rounded : vecOps::scalar;
    wrong += compare(ops->isa, ops->f32, reference.isa, reference.f32, f32);
    wrong += compare(ops->isa, ops->f64, reference.isa, reference.f64, f64);
  }
  printIsas();
  if (ran != runnableIsas().size) {
    printf("FAILED: %zu instruction sets can run here, %zu have a test unit\n", runnableIsas().size, ran);
    return 1;
  }
  printf("%s: %d operations differ\n", wrong == 0 ? "passed" : "FAILED", wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lockstep

int main() { return lockstep::run(); }
