// src/plan.cpp: whole plans in arrays between guard pages, with all that a step can do around its rule, on every
// instruction set and on several threads; helpers whose threads flush subnormals; steps with fewer gradients than the
// step before.
#include "../../src/plan.h"

#include <math.h>
#include <string.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "../../src/pool.h"
#include "check.h"
#include "fp_preset.h"
#include "guarded.h"
#include "rule_info.h"

namespace lockstep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr size_t ruleStart = Stages::coefficientCount + Prologue::coefficientCount;

/// Of each rule in every way: no whole register, registers and a tail, the ends of a block.
constexpr size_t shortLengths[] = {0, 1, 7, 15, 16, 17, 33, 65, 200, 4095, 4096, 4097, 4103};

/// Of each rule in one way: the ends of a chunk, and chunks enough for three threads, in arrays that are prefetched.
constexpr size_t longLengths[] = {16383, 16384, 16385, 16391, 70001};
constexpr size_t longest = 70001;

/// The arrays of a plan: the parameter, its state, its average, its gradients.
constexpr size_t averageAt = 1 + maxStates, gradsAt = averageAt + 1, mostGrads = 3, arrayCount = gradsAt + mostGrads;

struct Case {
  size_t rule, length;
  bool hasAverage, zeroesGrads, hasSeveralGrads, isBounded, hasPrologue, isFlushWithEnd;

  /// @param way a number of which each bit says one of these things
  Case(size_t rule, size_t length, size_t way)
      : rule(rule),
        length(length),
        hasAverage(way & 1),
        zeroesGrads(way & 2),
        hasSeveralGrads(way & 4),
        isBounded(way & 8),
        hasPrologue((rule + length + way) % 2 == 0),
        isFlushWithEnd(way & 16) {}

  size_t gradCount() const { return hasSeveralGrads ? mostGrads : 1; }

  bool has(size_t array) const {
    if (array < averageAt) return array <= ruleInfos[rule].stateCount;
    return array == averageAt ? hasAverage : array < gradsAt + gradCount();
  }
};

template <class T>
class PlanTest {
 public:
  size_t plans = 0, differing = 0;

  PlanTest() {
    Random random(sizeof(T));
    for (size_t k = 0; k < arrayCount; ++k) {
      memory_[k] = std::make_unique<Guarded>(longest * sizeof(T));
      initial_[k].resize(longest);
      const bool isState = 1 <= k && k < averageAt;
      for (T& value : initial_[k]) {
        value = random.near(T(0.5));
        if (isState) value = fabs(value);  // which most rules take a root of
      }
    }
    for (double& c : coefficients_) c = fabs(random.near(0.1));
    reportCrashesAs(where_);
  }

  void run(const Case& given) {
    place(given);
    const IsaList isas = runnableIsas();
    runPlan(given, isa::scalar, 1, expected_);
    for (const Isa* isa : isas) {
      for (const size_t threads : {1, 3}) {
        if (threads > 1 && given.length <= 16384) continue;  // a single chunk
        runPlan(given, *isa, threads, got_);
        compare(given);
      }
    }
  }

 private:
  struct Result {
    std::vector<T> arrays[arrayCount];
    Sums measuredGrads, measured;
  };

  /// Puts the arrays next to the guard page after them, or to the one before. Only gradients that are zeroed are
  /// writable.
  void place(const Case& given) {
    for (size_t k = 0; k < arrayCount; ++k) {
      if (!given.has(k)) continue;
      memory_[k]->setReadOnly(false);
      char* const start = given.isFlushWithEnd ? memory_[k]->end() - given.length * sizeof(T) : memory_[k]->begin();
      arrays_[k] = reinterpret_cast<T*>(start);
      restore(given, k);
      if (k >= gradsAt && !given.zeroesGrads) memory_[k]->setReadOnly(true);
    }
  }

  void restore(const Case& given, size_t k) { std::copy_n(initial_[k].data(), given.length, arrays_[k]); }

  /// Both measurements and a step, from the initial arrays on.
  void runPlan(const Case& given, const Isa& isa, size_t threads, Result& result) {
    const RuleInfo& rule = ruleInfos[given.rule];
    snprintf(where_, sizeof where_, "%s %s %s, length %zu, flush with the %s,%s%s%s%s%s %zu threads", isa.name,
             dtypeName<T>, rule.name, given.length, given.isFlushWithEnd ? "end" : "start",
             given.hasAverage ? " average," : "", given.zeroesGrads ? " grads zeroed," : "",
             given.hasSeveralGrads ? " several grads," : "", given.isBounded ? " bounded," : "",
             given.hasPrologue ? " prologue," : "", threads);
    for (size_t k = 0; k < arrayCount; ++k) {
      if (given.has(k) && (k < gradsAt || given.zeroesGrads)) restore(given, k);
    }

    BoundTensor bound{};
    bound.rule = static_cast<RuleId>(given.rule);
    bound.dtype = sizeof(T) == 4 ? f32 : f64;
    bound.tensor.length = given.length;
    bound.tensor.param = arrays_[0];
    for (size_t k = 0; k < rule.stateCount; ++k) bound.tensor.state[k] = arrays_[1 + k];
    if (given.hasAverage) bound.tensor.average = arrays_[averageAt];

    double row[ruleStart + maxCoefficients];
    std::copy_n(coefficients_, ruleStart + rule.coefficientCount, row);
    row[Stages::bound] = given.isBounded ? 0.3 : infinity;
    row[Stages::averageShare] = 0.25;
    row[Stages::zeroGrad] = given.zeroesGrads ? 1 : 0;
    if (!given.hasPrologue) {
      constexpr double none[Prologue::coefficientCount] = {1, 0, 1};
      std::copy_n(none, Prologue::coefficientCount, row + Stages::coefficientCount);
    }
    const int32_t rows[1 + stepScalarCount] = {0, static_cast<int32_t>(given.gradCount()), 0};
    Sums sums[1] = {};

    Plan plan{};
    plan.isa = &isa;
    plan.tensors.push_back(bound);
    plan.coefficients = row;
    plan.width = ruleStart + rule.coefficientCount;
    plan.rowCount = 1;
    plan.rows = rows;
    plan.sums = sums;
    plan.threads = threads;
    plan.prepare();
    void* grads[mostGrads];
    std::copy_n(arrays_ + gradsAt, mostGrads, grads);
    plan.bindGrads(0, grads, given.gradCount());

    plan.measureGrads();
    result.measuredGrads = sums[0];
    plan.measure();
    result.measured = sums[0];
    plan.step();
    for (size_t k = 0; k < arrayCount; ++k) {
      if (given.has(k)) result.arrays[k].assign(arrays_[k], arrays_[k] + given.length);
    }
    ++plans;
  }

  void compare(const Case& given) {
    for (size_t k = 0; k < arrayCount; ++k) {
      if (!given.has(k)) continue;
      const std::vector<T>&got = got_.arrays[k], &expected = expected_.arrays[k];
      if (given.length == 0 || memcmp(got.data(), expected.data(), given.length * sizeof(T)) == 0) continue;
      for (size_t i = 0; i < given.length; ++i) {
        if (!same(got[i], expected[i])) report(k, i, got[i], expected[i]);
      }
    }
    compareSums(got_.measuredGrads, expected_.measuredGrads);
    compareSums(got_.measured, expected_.measured);
  }

  void compareSums(const Sums& got, const Sums& expected) {
    if (!same(got.grad, expected.grad)) report(arrayCount, 0, got.grad, expected.grad);
    if (!same(got.clampedGrad, expected.clampedGrad)) report(arrayCount, 1, got.clampedGrad, expected.clampedGrad);
    for (size_t k = 0; k < maxMeasures; ++k) {
      if (!same(got.rule[k], expected.rule[k])) report(arrayCount, 2 + k, got.rule[k], expected.rule[k]);
    }
  }

  void report(size_t array, size_t i, double got, double expected) {
    if (++differing > 3) return;
    const char* const name = array == arrayCount ? "sum" : array >= gradsAt ? "grad" : array == 0 ? "param" : "state";
    printf("  DIFFERS %s: %s[%zu] is %a, must be %a\n", where_, name, i, got, expected);
  }

  static constexpr size_t maxCoefficients = 24;
  std::unique_ptr<Guarded> memory_[arrayCount];
  std::vector<T> initial_[arrayCount];
  T* arrays_[arrayCount] = {};
  double coefficients_[ruleStart + maxCoefficients];
  Result expected_, got_;
  char where_[240] = "";
};

template <class T>
size_t testPlans() {
  PlanTest<T> test;
  for (size_t rule = 0; rule < ruleCount; ++rule) {
    for (const size_t length : shortLengths) {
      for (size_t way = 0; way < 32; ++way) test.run(Case(rule, length, way));
    }
    for (const size_t length : longLengths) test.run(Case(rule, length, (5 * rule + length) % 32));
  }
  printf("%s: %zu plans of %d rules, %zu values differ\n", dtypeName<T>, test.plans, ruleCount, test.differing);
  return test.differing;
}

/// A plan of one f32 tensor with SGD, whose step is W <- W - grad.
struct Descent {
  std::vector<float> param;
  Plan plan{};
  double row[ruleStart + 1] = {1, infinity, 0, 0, 1, 0, 1, 1};
  int32_t rows[1 + stepScalarCount] = {0, 1, 0};
  Sums sums[1] = {};

  Descent(size_t length, float start, size_t threads) : param(length, start) {
    BoundTensor bound{};
    bound.rule = SGDId;
    bound.dtype = f32;
    bound.tensor.length = length;
    bound.tensor.param = param.data();
    plan.isa = *runnableIsas().begin();
    plan.tensors.push_back(bound);
    plan.coefficients = row;
    plan.width = ruleStart + 1;
    plan.rowCount = 1;
    plan.rows = rows;
    plan.sums = sums;
    plan.threads = threads;
    plan.prepare();
  }

  void bind(size_t source, std::vector<float>& grad) {
    void* const data = grad.data();
    plan.bindGrads(source, &data, 1);
  }
};

/// Each step takes as many gradients as it says: neither as many as the step before, nor more than are bound.
bool testSourceCount() {
  std::vector<float> first(5, 1), second(5, 10);
  Descent descent(5, 0, 1);
  descent.bind(0, first);
  descent.bind(1, second);
  bool isRight = true;
  float expected = 0;
  const auto expectStep = [&](int32_t count, float sum, double squares) {
    descent.rows[1 + sourceCount] = count;
    descent.plan.measureGrads();
    descent.plan.step();
    expected -= sum;
    if (descent.param == std::vector<float>(5, expected) && descent.sums[0].grad == squares) return;
    printf("FAILED: with %d gradients the step led to %g, must be %g\n", count, static_cast<double>(descent.param[0]),
           static_cast<double>(expected));
    isRight = false;
  };
  expectStep(2, 11, 5 * 121);
  expectStep(1, 1, 5);
  expectStep(3, 11, 5 * 121);
  expectStep(0, 1, 5);
  return isRight;
}

/// Has helpers flush subnormals and round up, as an addon may leave threads that it finds. Returns how many do.
size_t spoilHelpers() {
  struct Spoiling {
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<size_t> spoilt{0};
  } spoiling;
  const auto spoil = [](void* context, size_t) {
    Spoiling& spoiling = *static_cast<Spoiling*>(context);
    if (std::this_thread::get_id() == spoiling.caller) {
      // Leaves the helpers the time to come.
      for (int spin = 0; spin < 100000 && spoiling.spoilt.load() == 0; ++spin) std::this_thread::yield();
      return;
    }
    const FpBits bits = preset(readFpState());
    if (readFpState() == bits) return;
    writeFpState(bits);
    spoiling.spoilt.fetch_add(1);
  };
  for (int job = 0; job < 20; ++job) parallelFor(4, 4, spoil, &spoiling);
  return spoiling.spoilt.load();
}

/// A step has the same bits on helpers whatever state their threads are in.
bool testHelpersState() {
  constexpr size_t chunks = 32, length = chunks * 4 * blockSize;
  const size_t spoilt = spoilHelpers();
  if (spoilt == 0) {
    printf("FAILED: no helper came to be spoilt\n");
    return false;
  }
  std::vector<float> grad(length, 0x1p-140f);
  Descent alone(length, 0x1.8p-126f, 1), together(length, 0x1.8p-126f, 4);
  alone.bind(0, grad);
  together.bind(0, grad);
  for (int t = 0; t < 30; ++t) {
    alone.plan.step();
    together.plan.step();
    if (alone.param == together.param && together.param[0] != 0) continue;
    printf("FAILED: step %d has other bits on threads that flush subnormals\n", t);
    return false;
  }
  printf("ran: steps on %zu helpers that flush subnormals and round up\n", spoilt);
  return true;
}

int run() {
  const size_t differing = testPlans<float>() + testPlans<double>();
  const bool isCounted = testSourceCount(), isSound = testHelpersState();
  printIsas();
  printf("guard pages: %s\n", Guarded::hasGuards ? "before and after every array" : "NONE on this system");
  const bool passed = differing == 0 && isCounted && isSound;
  printf("%s: %zu values differ\n", passed ? "passed" : "FAILED", differing);
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace lockstep

int main() { return lockstep::run(); }
