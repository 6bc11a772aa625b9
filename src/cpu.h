// What this CPU, and the operating system that saves its registers, can run.
#pragma once

namespace lockstep {

struct Cpu {
  bool avx2;
  bool avx512;
};

Cpu detectCpu();

}  // namespace lockstep
