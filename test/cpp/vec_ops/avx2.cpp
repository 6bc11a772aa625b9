#include "../../../src/simd/avx2.h"

#include "../vec_ops_unit.h"

LOCKSTEP_VEC_OPS(avx2)
