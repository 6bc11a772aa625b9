#include "../../../src/simd/neon.h"

#include "../vec_ops_unit.h"

LOCKSTEP_VEC_OPS(neon)
