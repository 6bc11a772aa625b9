// DefaultFpState against what another addon may leave behind: flush-to-zero, rounding up, and an unmasked exception.
#include "../../src/fp_state.h"

#include <math.h>
#include <stdio.h>

#include "fp_preset.h"

namespace lockstep {
namespace {

int failures = 0;

void check(bool ok, const char* what) {
  printf("%s: %s\n", ok ? "passed" : "FAILED", what);
  if (!ok) ++failures;
}

/// Operands are read, and results written, between two changes of the state: nothing here may move across one.
struct Arithmetic {
  volatile double tiny = 0x1p-1022, smallest = 0x1p-1074, one = 1, half = 0.5, nudge = 0x1p-60;

  double subnormalResult() const { return keep(tiny * half); }
  double subnormalOperand() const { return keep(smallest * (one / tiny)); }
  double rounded() const { return keep(one + nudge); }
  double dividedByZero() const { return keep(one / (half - half)); }

 private:
  static double keep(double value) {
    volatile double kept = value;
    return kept;
  }
};

int run() {
  const Arithmetic arithmetic;
  const FpBits found = readFpState();

  writeFpState(preset(found));
  const double presetFlushed = arithmetic.subnormalResult(), presetRounded = arithmetic.rounded();
  const FpBits before = readFpState();  // with the flags that this arithmetic has raised
  double subnormalResult, subnormalOperand, rounded, dividedByZero;
  {
    const DefaultFpState fpState;
    subnormalResult = arithmetic.subnormalResult();
    subnormalOperand = arithmetic.subnormalOperand();
    rounded = arithmetic.rounded();
    dividedByZero = arithmetic.dividedByZero();
  }
  const FpBits after = readFpState();
  const double afterFlushed = arithmetic.subnormalResult(), afterRounded = arithmetic.rounded();
  writeFpState(found);

  check(presetFlushed == 0 && presetRounded > 1, "the preset flushes subnormals and rounds up, or this proves nothing");
  check(subnormalResult == 0x1p-1023, "inside, subnormal results are kept");
  check(subnormalOperand == 0x1p-52, "inside, subnormal operands are kept");
  check(rounded == 1, "inside, rounding is to nearest");
  check(dividedByZero == INFINITY, "inside, exceptions are masked");
  check(after == before && afterFlushed == 0 && afterRounded > 1, "afterwards, what was found is there again");
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lockstep

int main() { return lockstep::run(); }
