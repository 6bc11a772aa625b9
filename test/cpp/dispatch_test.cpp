// The list of instruction sets: best first, scalar last, nothing missing that was compiled and can run.
#include "check.h"

namespace lockstep {
namespace {

int failures = 0;

void check(bool ok, const char* what, const char* isa) {
  if (ok) return;
  ++failures;
  printf("FAILED: %s: %s\n", isa, what);
}

/// What the compiler's own run-time library says, so that cpu.cpp is not its own witness.
bool expectedToRun([[maybe_unused]] const char* isa) {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
  if (strcmp(isa, "avx512") == 0) return __builtin_cpu_supports("avx512f");
  if (strcmp(isa, "avx2") == 0) return __builtin_cpu_supports("avx2");
  return true;
#else
  return isRunnable(isa);
#endif
}

int run() {
  const IsaList list = runnableIsas();
  check(list.size > 0 && list.items[list.size - 1] == &isa::scalar, "the last must be scalar", "list");

  // compiledIsas stands best first, so the runnable ones must be met in its order.
  size_t at = 0;
  for (const char* name : compiledIsas) {
    check(isRunnable(name) == expectedToRun(name), isRunnable(name) ? "cannot run here" : "is missing", name);
    if (at < list.size && strcmp(list.items[at]->name, name) == 0) ++at;
  }
  check(at == list.size, "not best first, or listed twice, or never compiled", "list");

  for (const Isa* isa : list) {
    for (const auto& kernels : isa->kernels) {
      for (const Kernel kernel : kernels) check(kernel != nullptr, "a kernel is missing", isa->name);
    }
  }
  printIsas();
  printf("%s: %d failures\n", failures == 0 ? "passed" : "FAILED", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lockstep

int main() { return lockstep::run(); }
