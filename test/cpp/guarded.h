// Memory between two pages that may not be touched: an access one byte outside is a crash, not a wrong number.
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(_WIN32)
#include <vector>
#else
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace lockstep {
namespace {

#if defined(_WIN32)

class Guarded {
 public:
  static constexpr bool hasGuards = false;
  explicit Guarded(size_t bytes) : memory_(bytes) {}
  char* begin() { return memory_.data(); }
  char* end() { return memory_.data() + memory_.size(); }
  void setReadOnly(bool) {}

 private:
  std::vector<char> memory_;
};

inline void reportCrashesAs(const char*) {}

#else

class Guarded {
 public:
  static constexpr bool hasGuards = true;

  explicit Guarded(size_t bytes) : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    bytes_ = (bytes + page_ - 1) / page_ * page_;
    void* all = mmap(nullptr, bytes_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) fail("mmap");
    begin_ = static_cast<char*>(all) + page_;
    setReadOnly(false);
  }
  ~Guarded() { munmap(begin_ - page_, bytes_ + 2 * page_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  char* begin() { return begin_; }
  char* end() { return begin_ + bytes_; }
  void setReadOnly(bool readOnly) {
    if (mprotect(begin_, bytes_, readOnly ? PROT_READ : PROT_READ | PROT_WRITE) != 0) fail("mprotect");
  }

 private:
  static void fail(const char* what) {
    perror(what);
    exit(1);
  }

  size_t page_, bytes_;
  char* begin_;
};

const char* crashReport = "";

/// What to print should a guard page be touched. The text may change while the program runs.
inline void reportCrashesAs(const char* text) {
  crashReport = text;
  const auto onCrash = [](int) {
    const auto print = [](const char* s) { return write(STDOUT_FILENO, s, strlen(s)) >= 0; };
    const bool printed = print("FAILED: crashed; a kernel left its arrays, wrote a gradient, or assumed alignment: ") &&
                         print(crashReport) && print("\n");
    _exit(printed ? 1 : 2);
  };
  signal(SIGSEGV, onCrash);
  signal(SIGBUS, onCrash);
}

#endif

}  // namespace
}  // namespace lockstep
