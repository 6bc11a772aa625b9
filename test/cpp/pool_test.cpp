// src/pool.cpp: every index once, whatever the numbers of threads and of callers, and in a child of fork(), too; on no
// more threads than were asked for, and on helpers that handle no signal.

#include "../../src/pool.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#define HAS_FORK 1
#define HAS_SIGNALS 1
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

/// Short work of which the calling thread's stretch takes longest: the others finish theirs and then all take from that
/// one, side by side and index by index. Whoever takes an index that another has taken, too, is seen.
bool isEachOnceOfOneStretch() {
  constexpr size_t threads = 4, count = 200000;
  struct Job {
    std::vector<std::atomic<uint8_t>> times = std::vector<std::atomic<uint8_t>>(count);
    std::atomic<unsigned> sink{0};
  } job;
  const auto work = [](void* context, size_t i) {
    Job& job = *static_cast<Job*>(context);
    job.times[i].fetch_add(1, std::memory_order_relaxed);
    if (i < count / threads) job.sink.fetch_add(1, std::memory_order_relaxed);
  };
  lockstep::parallelFor(threads, count, work, &job);
  size_t wrong = 0;
  for (const std::atomic<uint8_t>& each : job.times) wrong += each.load() != 1;
  if (wrong != 0) printf("FAILED: %zu of %zu indexes were taken twice or not at all\n", wrong, count);
  return wrong == 0;
}

/// @returns how many jobs were right
size_t jobsOnOneStretch(size_t number) {
  size_t right = 0;
  for (size_t k = 0; k < number; ++k) right += isEachOnceOfOneStretch() ? 1 : 0;
  return right;
}

void spin(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

/// The threads that a job for two of them runs on.
class ThreadsOfTwo {
 public:
  std::set<std::thread::id> run(std::chrono::nanoseconds each) {
    threads_.clear();
    each_ = each;
    lockstep::parallelFor(2, 64, work, this);
    return threads_;
  }

 private:
  static void work(void* context, size_t) {
    ThreadsOfTwo& self = *static_cast<ThreadsOfTwo*>(context);
    spin(self.each_);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    self.threads_.insert(std::this_thread::get_id());
  }

  std::mutex mutex_;
  std::set<std::thread::id> threads_;
  std::chrono::nanoseconds each_{0};
};

/// Helpers that wake up after a job for many is done stay out of the next job, which is for the caller and the first
/// helper only. To be called before any other helper is started: who the first is shows only then.
size_t jobsOnFirstHelper(size_t number) {
  ThreadsOfTwo job;
  std::set<std::thread::id> allowed;
  for (int k = 0; k < 10000 && allowed.size() < 2; ++k) allowed.merge(job.run(std::chrono::microseconds(10)));
  size_t right = 0;
  for (size_t k = 0; k < number; ++k) {
    lockstep::parallelFor(16, 16, [](void*, size_t) {}, nullptr);
    spin(std::chrono::microseconds(k % 16));  // for some of the helpers to wake up in the midst of what follows
    const std::set<std::thread::id> seen = job.run(std::chrono::microseconds(1));
    if (std::includes(allowed.begin(), allowed.end(), seen.begin(), seen.end())) ++right;
  }
  if (right != number) printf("FAILED: %zu jobs for two threads ran on helpers of the job before\n", number - right);
  return right;
}

#ifdef HAS_SIGNALS
/// Signals are for the threads that the host made: helpers have all of them blocked, and the caller what it had before.
bool areSignalsBlocked() {
  struct Seen {
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<size_t> helpers{0}, unblocked{0};
  } seen;
  const auto look = [](void* context, size_t) {
    Seen& seen = *static_cast<Seen*>(context);
    if (std::this_thread::get_id() == seen.caller) {
      for (int k = 0; k < 100000 && seen.helpers.load() == 0; ++k) std::this_thread::yield();  // time for one to come
      return;
    }
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2, SIGPROF, SIGWINCH}) {
      if (sigismember(&blocked, signal) != 1) seen.unblocked.fetch_add(1);
    }
    seen.helpers.fetch_add(1);
  };
  sigset_t before, after;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  for (int job = 0; job < 20; ++job) lockstep::parallelFor(4, 4, look, &seen);
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  if (seen.helpers.load() == 0) printf("FAILED: no helper came to be asked for its signals\n");
  if (seen.unblocked.load() > 0) printf("FAILED: helpers can be sent %zu signals\n", seen.unblocked.load());
  const bool isCallerAsBefore = sigismember(&before, SIGUSR1) == sigismember(&after, SIGUSR1);
  if (!isCallerAsBefore) printf("FAILED: the caller has other signals blocked than before\n");
  return seen.helpers.load() > 0 && seen.unblocked.load() == 0 && isCallerAsBefore;
}
#endif

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
  expectRight("on the first helper alone, after jobs on many", jobsOnFirstHelper(5000), 5000);
#ifdef HAS_SIGNALS
  expectRight("on helpers with their signals blocked", areSignalsBlocked() ? 1 : 0, 1);
#endif
  expectRight("by one caller", jobs(1, 2000), 2000);
  expectRight("of which all threads take from one stretch", jobsOnOneStretch(20), 20);
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
