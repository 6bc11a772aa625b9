// src/pool.cpp: every index once, whatever the numbers of threads and of callers, and in a child of fork(), too.

#include "../../src/pool.h"

#include <stdio.h>
#include <string.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#define HAS_FORK 1
#endif

namespace {

int failures = 0;

/// How often each index was worked on must be once.
bool isEachOnce(size_t threads, size_t count) {
  std::vector<std::atomic<int>> times(count);
  const auto work = [](void* context, size_t i) {
    (*static_cast<std::vector<std::atomic<int>>*>(context))[i].fetch_add(1, std::memory_order_relaxed);
  };
  lockstep::parallelFor(threads, count, work, &times);
  for (size_t i = 0; i < count; ++i) {
    if (times[i].load() == 1) continue;
    printf("FAILED: index %zu of %zu ran %d times on %zu threads\n", i, count, times[i].load(), threads);
    return false;
  }
  return true;
}

/// @returns how many jobs were right
size_t jobs(size_t seed, size_t number) {
  size_t right = 0;
  for (size_t k = 0; k < number; ++k) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    right += isEachOnce(1 + (seed >> 33) % 80, (seed >> 45) % 200) ? 1 : 0;
  }
  return right;
}

void expectRight(const char* what, size_t right, size_t number) {
  printf("ran: %zu jobs %s\n", number, what);
  if (right != number) ++failures;
}

#ifdef HAS_FORK
/// A child steps with threads of its own, however long those of its parent have slept.
void testFork() {
  lockstep::parallelFor(4, 100, [](void*, size_t) {}, nullptr);
  const auto asleep = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  while (std::chrono::steady_clock::now() < asleep) {
  }
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // a child that hangs is ended
    _exit(jobs(7, 200) == 200 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  const bool isWell = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!isWell) printf("FAILED: a child of fork() ended with status %d\n", status);
  expectRight("in a child of fork()", isWell ? 200 : 0, 200);
}
#endif

}  // namespace

int main(int argc, char** argv) {
  expectRight("by one caller", jobs(1, 2000), 2000);
  const bool withFork = argc < 2 || strcmp(argv[1], "--without-fork") != 0;
#ifdef HAS_FORK
  if (withFork) testFork();
#endif
  if (!withFork) printf("NOT RUN: a child of fork(), which the emulator does not survive\n");
  std::atomic<size_t> right{0};
  std::vector<std::thread> callers;
  for (size_t caller = 0; caller < 4; ++caller) {
    callers.emplace_back([caller, &right] { right += jobs(100 + caller, 1000); });
  }
  for (std::thread& caller : callers) caller.join();
  expectRight("by four callers at once", right, 4000);
  lockstep::failToStartHelpers(true);
  expectRight("where no helper can be started", jobs(3, 200), 200);
  printf(failures == 0 ? "passed\n" : "FAILED\n");
  return failures == 0 ? 0 : 1;
}
