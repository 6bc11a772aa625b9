#include "../simd/sse2.h"

#include "../sweep.h"

LOCKSTEP_ISA(sse2)
