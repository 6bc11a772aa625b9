#include "../../../src/simd/avx512.h"

#include "../vec_ops_unit.h"

LOCKSTEP_VEC_OPS(avx512)
