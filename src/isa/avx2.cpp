#include "../simd/avx2.h"

#include "../sweep.h"

LOCKSTEP_ISA(avx2)
