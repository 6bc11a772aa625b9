// Threads that help with one job after the other. Few, made when first needed, never ended.
#pragma once

#include <stddef.h>

namespace lockstep {

/// Threads that work on one job, the calling one included, at most.
constexpr size_t maxThreads = 64;

/// Calls work(context, i) for every i in [0, count), each once, on up to `threads` threads of which the caller is one,
/// and returns when all are done. Each thread starts with a stretch of its own; who is done takes from the others'.
/// Where the helpers are busy with another caller's job, or cannot be started, the caller does it alone. `work` must
/// not throw, and sets its own floating-point state.
void parallelFor(size_t threads, size_t count, void (*work)(void* context, size_t index), void* context);

/// How many helpers run, for tests.
size_t helperCount();

/// Lets the start of every further helper fail, for tests; 0 lets them start again.
void failToStartHelpers(bool fail);

}  // namespace lockstep
