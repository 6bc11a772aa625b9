// Which of the instruction sets in this binary the machine can run.
#pragma once

#include "isa.h"

namespace lockstep {

struct IsaList {
  const Isa* items[4];
  size_t size;

  const Isa* const* begin() const { return items; }
  const Isa* const* end() const { return items + size; }
};

/// Best first. The last is always scalar.
IsaList runnableIsas();

}  // namespace lockstep
