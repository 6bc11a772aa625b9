#include "../simd/avx512.h"

#include "../sweep.h"

LOCKSTEP_ISA(avx512)
