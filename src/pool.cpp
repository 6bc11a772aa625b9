#include "pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "old_glibc.h"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#define LOCKSTEP_POSIX 1
#endif
#ifdef __linux__
#include <sched.h>
#endif

namespace lockstep {
namespace {

/// How long a helper looks for a job, and who has one for the helpers to be done with it, before it sleeps: about as
/// long as a chunk takes. To be woken takes several times as long.
constexpr auto spinTime = std::chrono::microseconds(5);

std::atomic<bool> startsFail{false};

inline void pause() {
#if defined(__x86_64__) || defined(_M_X64)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  __asm__ volatile("yield");
#endif
}

/// Keeps helpers off the processor of the thread that they help, and off each other's. Schedulers tend to wake a thread
/// where it was woken from; in small virtual machines it then stays there and takes turns with its waker, while another
/// processor idles.
class Places {
#ifdef __linux__
 public:
  Places() {
    for (std::atomic<int>& cpu : of_) cpu.store(-1, std::memory_order_relaxed);  // nowhere yet
  }

  /// The thread that has a job says where it is.
  void lead() {
    if (!isKnown_) {
      isKnown_ = true;
      if (sched_getaffinity(0, sizeof allowed_, &allowed_) != 0) CPU_ZERO(&allowed_);
    }
    of_[0].store(sched_getcpu(), std::memory_order_relaxed);
  }

  /// A helper that came to a job where someone else is, and there are other places, goes to one of these.
  void takeOwn(size_t helper) {
    const auto isTaken = [&](int cpu) {
      return std::any_of(of_, of_ + 1 + helper, [&](const std::atomic<int>& other) { return other.load() == cpu; });
    };
    if (isTaken(sched_getcpu())) {
      cpu_set_t free;
      CPU_ZERO(&free);
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed_) && !isTaken(cpu)) CPU_SET(cpu, &free);
      }
      if (CPU_COUNT(&free) > 0) sched_setaffinity(0, sizeof free, &free);
    }
    of_[1 + helper].store(sched_getcpu(), std::memory_order_relaxed);
  }

 private:
  bool isKnown_ = false;
  cpu_set_t allowed_;
  std::atomic<int> of_[maxThreads];  // the leader's, then each helper's
#else
 public:
  void lead() {}
  void takeOwn(size_t) {}
#endif
};

/// Node handles signals on its own threads: new ones start with all of them blocked.
class BlockedSignals {
#ifdef LOCKSTEP_POSIX
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
#endif
};

/// The part of a job that one thread starts with: a stretch, so that it walks through memory in order, and the same in
/// each job of a kind, so that its cache has it still.
struct alignas(64) Share {
  std::atomic<size_t> next{0};
  size_t end = 0;
};

class Pool {
 public:
  void run(size_t threads, size_t count, void (*work)(void*, size_t), void* context) {
    std::unique_lock<std::mutex> owner(owner_, std::try_to_lock);
    size_t helpers = owner.owns_lock() ? std::min({threads, count, maxThreads}) - 1 : 0;
    helpers = std::min(helpers, start(helpers));
    if (helpers == 0) {
      for (size_t i = 0; i < count; ++i) work(context, i);
      return;
    }

    work_ = work;
    context_ = context;
    sharesCount_ = helpers + 1;
    for (size_t i = 0; i < sharesCount_; ++i) {
      shares_[i].next.store(count * i / sharesCount_, std::memory_order_relaxed);
      shares_[i].end = count * (i + 1) / sharesCount_;
    }
    places_.lead();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      wanted_ = helpers;
      job_.fetch_add(1, std::memory_order_release);
    }
    jobCame_.notify_all();
    workFrom(0);

    // Helpers that have not come by now are not waited for: there is nothing left for them to do.
    std::unique_lock<std::mutex> lock(mutex_);
    wanted_ = 0;
    if (working_ != 0) {
      lock.unlock();
      spinUntil([&] { return working_.load(std::memory_order_acquire) == 0; });
      lock.lock();
    }
    jobDone_.wait(lock, [&] { return working_ == 0; });
  }

  size_t helpers() const { return started_.load(std::memory_order_relaxed); }

 private:
  /// Starts helpers until there are as many, if that can be done.
  size_t start(size_t wanted) {
    size_t started = started_.load(std::memory_order_relaxed);
    while (started < wanted) {
      try {
        if (startsFail.load(std::memory_order_relaxed)) return started;
        [[maybe_unused]] const BlockedSignals blocked;
        std::thread(&Pool::serve, this, started, job_.load(std::memory_order_relaxed)).detach();
      } catch (const std::system_error&) {
        return started;
      }
      started_.store(++started, std::memory_order_relaxed);
    }
    return started;
  }

  /// Takes what is left of the thread's own share, then of the others'.
  void workFrom(size_t first) {
    for (size_t k = 0; k < sharesCount_; ++k) {
      Share& share = shares_[(first + k) % sharesCount_];
      for (size_t i; (i = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end;) work_(context_, i);
    }
  }

  void serve(size_t index, unsigned lastJob) {
    for (;;) {
      awaitJob(lastJob);
      std::unique_lock<std::mutex> lock(mutex_);
      jobCame_.wait(lock, [&] { return job_.load(std::memory_order_relaxed) != lastJob; });
      lastJob = job_.load(std::memory_order_relaxed);
      if (index >= wanted_) continue;
      ++working_;
      lock.unlock();
      places_.takeOwn(index);
      workFrom(1 + index);
      lock.lock();
      if (--working_ == 0) jobDone_.notify_one();
    }
  }

  /// Looks for a job for a while before the sleep: a step is often followed by the next one.
  void awaitJob(unsigned lastJob) const {
    spinUntil([&] { return job_.load(std::memory_order_acquire) != lastJob; });
  }

  template <class Condition>
  static void spinUntil(Condition isMet) {
    const auto end = std::chrono::steady_clock::now() + spinTime;
    while (!isMet() && std::chrono::steady_clock::now() < end) pause();
  }

  Places places_;
  std::mutex owner_;  // of whoever has a job
  std::mutex mutex_;
  std::condition_variable jobCame_, jobDone_;
  std::atomic<unsigned> job_{0};
  std::atomic<size_t> started_{0};
  size_t wanted_ = 0;               // helpers that may come
  std::atomic<size_t> working_{0};  // that are at work; written under the mutex
  Share shares_[maxThreads];
  size_t sharesCount_ = 0;
  void (*work_)(void*, size_t) = nullptr;
  void* context_ = nullptr;
};

std::atomic<Pool*> current{nullptr};

/// Made at first use and never destroyed: helpers may sleep in it while the process ends. A child of fork(), where no
/// helper lives on, makes one of its own: the other's locks and waiters are of threads that are gone.
Pool& pool() {
#ifdef LOCKSTEP_POSIX
  [[maybe_unused]] static const int isRegistered =
      pthread_atfork(nullptr, nullptr, [] { current.store(nullptr, std::memory_order_relaxed); });
#endif
  Pool* found = current.load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  Pool* const made = new Pool;
  if (current.compare_exchange_strong(found, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *found;
}

}  // namespace

void parallelFor(size_t threads, size_t count, void (*work)(void*, size_t), void* context) {
  if (threads <= 1 || count <= 1) {
    for (size_t i = 0; i < count; ++i) work(context, i);
    return;
  }
  pool().run(threads, count, work, context);
}

size_t helperCount() { return pool().helpers(); }

void failToStartHelpers(bool fail) { startsFail.store(fail, std::memory_order_relaxed); }

}  // namespace lockstep
