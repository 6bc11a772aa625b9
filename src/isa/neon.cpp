#include "../simd/neon.h"

#include "../sweep.h"

LOCKSTEP_ISA(neon)
