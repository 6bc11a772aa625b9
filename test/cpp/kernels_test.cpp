// Every kernel of every table against the scalar table: every length, many ways to cut it into ranges, in arrays that
// lie between guard pages.
#include <memory>
#include <utility>
#include <vector>

#include "check.h"
#include "guarded.h"
#include "rule_info.h"

namespace lockstep {
namespace {

constexpr size_t maxLength = 200;

/// The arrays of a tensor in one order: param, states, and the gradient last.
constexpr size_t maxArrays = 2 + maxStates;

template <class T>
Tensor tensorOf(T* const* arrays, size_t stateCount) {
  Tensor tensor{};
  tensor.param = arrays[0];
  tensor.grad = arrays[1 + stateCount];
  for (size_t k = 0; k < stateCount; ++k) tensor.state[k] = arrays[1 + k];
  return tensor;
}

/// Mostly ordinary and positive, so that few results are NaN and a state is not a NaN under its root.
template <class T>
T sample(Random& random) {
  static const Specials<T> specials;
  if (random.below(12) == 0) return specials.values[random.below(specials.size)];
  const T value = random.near(T(0.5));
  return random.below(4) == 0 ? value : fabs(value);
}

/// [begin, end) in [0, length): all of them where there are few, else the corners and some at random.
std::vector<std::pair<size_t, size_t>> ranges(size_t length, Random& random) {
  std::vector<std::pair<size_t, size_t>> list;
  if (length <= 36) {
    for (size_t begin = 0; begin <= length; ++begin) {
      for (size_t end = begin; end <= length; ++end) list.push_back({begin, end});
    }
    return list;
  }
  list = {{0, length}, {1, length}, {0, length - 1}, {1, length - 1}, {length / 2, length / 2}};
  while (list.size() < 64) {
    const size_t begin = random.below(length + 1);
    list.push_back({begin, begin + random.below(length + 1 - begin)});
  }
  return list;
}

struct Count {
  size_t calls = 0, elements = 0, differing = 0;
};

template <class T>
class KernelTest {
 public:
  KernelTest(const Isa& isa, size_t rule) : isa_(isa), rule_(ruleInfos[rule]), arrayCount_(2 + rule_.stateCount) {
    constexpr Dtype dtype = sizeof(T) == 4 ? f32 : f64;
    kernel_ = isa.kernels[rule][dtype];
    reference_ = isa::scalar.kernels[rule][dtype];
    measurement_ = isa.measurements[rule][dtype];
    referenceMeasurement_ = isa::scalar.measurements[rule][dtype];
    for (size_t k = 0; k < arrayCount_; ++k) memory_[k] = std::make_unique<Guarded>(maxLength * sizeof(T));
    reportCrashesAs(where_);
  }

  Count run() {
    for (size_t length = 0; length <= maxLength; ++length) {
      Random random(1 + length);
      prepare(length, random);
      const auto list = ranges(length, random);
      for (const bool flushWithEnd : {false, true}) {
        place(length, flushWithEnd);
        for (const auto& [begin, end] : list) testRange(length, begin, end, flushWithEnd);
      }
    }
    return count_;
  }

 private:
  /// Fills the initial arrays and computes, in one piece and by the scalar kernel, what must come out.
  void prepare(size_t length, Random& random) {
    for (double& c : coefficients_) c = random.near(0.1);
    T* arrays[maxArrays];
    for (size_t k = 0; k < arrayCount_; ++k) {
      initial_[k].resize(length);
      for (T& value : initial_[k]) value = sample<T>(random);
      expected_[k] = initial_[k];
      arrays[k] = expected_[k].data();
    }
    snprintf(where_, sizeof where_, "scalar %s %s, length %zu, as reference", dtypeName<T>, rule_.name, length);
    reference_(coefficients_, tensorOf(arrays, rule_.stateCount), 0, length);
  }

  /// Puts the arrays next to the guard page after them, or to the one before. Gradients may be read only.
  void place(size_t length, bool flushWithEnd) {
    for (size_t k = 0; k < arrayCount_; ++k) {
      memory_[k]->setReadOnly(false);
      char* const start = flushWithEnd ? memory_[k]->end() - length * sizeof(T) : memory_[k]->begin();
      arrays_[k] = reinterpret_cast<T*>(start);
      restore(k);
    }
    memory_[arrayCount_ - 1]->setReadOnly(true);
  }

  void restore(size_t k) {
    for (size_t i = 0; i < initial_[k].size(); ++i) arrays_[k][i] = initial_[k][i];
  }

  void testRange(size_t length, size_t begin, size_t end, bool flushWithEnd) {
    snprintf(where_, sizeof where_, "%s %s %s, length %zu, range [%zu, %zu), flush with the %s", isa_.name,
             dtypeName<T>, rule_.name, length, begin, end, flushWithEnd ? "end" : "start");
    for (size_t k = 0; k + 1 < arrayCount_; ++k) restore(k);
    const Tensor tensor = tensorOf(arrays_, rule_.stateCount);

    if (rule_.measureCount > 0) {
      checkSums(tensor, begin, end);
      check("measured", [](size_t) { return false; });
    }

    kernel_(coefficients_, tensor, begin, end);
    check("in one range", [&](size_t i) { return begin <= i && i < end; });

    kernel_(coefficients_, tensor, 0, begin);
    kernel_(coefficients_, tensor, end, length);
    check("in three ranges", [](size_t) { return true; });
    count_.calls += 3;
  }

  /// The sums of a range must be those of the scalar table, to the last bit.
  void checkSums(const Tensor& tensor, size_t begin, size_t end) {
    double sums[maxMeasures], expected[maxMeasures];
    measurement_(coefficients_, tensor, begin, end, sums);
    referenceMeasurement_(coefficients_, tensor, begin, end, expected);
    for (size_t k = 0; k < rule_.measureCount; ++k) {
      ++count_.elements;
      if (same(sums[k], expected[k])) continue;
      if (++count_.differing <= 3) printf("  DIFFERS %s: sum %zu is %a, must be %a\n", where_, k, sums[k], expected[k]);
    }
  }

  /// Elements that were updated must equal the expected ones, the others must be as they were.
  template <class Updated>
  void check(const char* when, Updated updated) {
    for (size_t k = 0; k + 1 < arrayCount_; ++k) {
      for (size_t i = 0; i < initial_[k].size(); ++i) {
        const T got = arrays_[k][i], wanted = updated(i) ? expected_[k][i] : initial_[k][i];
        ++count_.elements;
        if (same(got, wanted)) continue;
        if (++count_.differing > 3) continue;
        printf("  DIFFERS %s, %s: %s[%zu] is %a, must be %a%s\n", where_, when, k == 0 ? "param" : "state", i,
               static_cast<double>(got), static_cast<double>(wanted), updated(i) ? "" : " as it was");
      }
    }
  }

  const Isa& isa_;
  const RuleInfo& rule_;
  const size_t arrayCount_;
  Kernel kernel_, reference_;
  Measurement measurement_, referenceMeasurement_;
  std::unique_ptr<Guarded> memory_[maxArrays];
  std::vector<T> initial_[maxArrays], expected_[maxArrays];
  T* arrays_[maxArrays];
  double coefficients_[24];
  char where_[160] = "";
  Count count_;
};

template <class T>
size_t testKernel(const Isa& isa, size_t rule) {
  const Count count = KernelTest<T>(isa, rule).run();
  printf("%-6s %s  %-8s  lengths 0..%zu, %zu calls, %zu elements, %zu differ\n", isa.name, dtypeName<T>,
         ruleInfos[rule].name, maxLength, count.calls, count.elements, count.differing);
  return count.differing;
}

int run() {
  size_t differing = 0;
  for (const Isa* isa : runnableIsas()) {
    for (size_t rule = 0; rule < ruleCount; ++rule) {
      differing += testKernel<float>(*isa, rule);
      differing += testKernel<double>(*isa, rule);
    }
  }
  printIsas();
  printf("guard pages: %s\n", Guarded::hasGuards ? "before and after every array" : "NONE on this system");
  printf("%s: %zu elements differ\n", differing == 0 ? "passed" : "FAILED", differing);
  return differing == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lockstep

int main() { return lockstep::run(); }
