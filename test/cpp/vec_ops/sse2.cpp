#include "../../../src/simd/sse2.h"

#include "../vec_ops_unit.h"

LOCKSTEP_VEC_OPS(sse2)
