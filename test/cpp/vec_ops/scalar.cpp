#include "../../../src/simd/scalar.h"

#include "../vec_ops_unit.h"

namespace lockstep {
namespace {
template <class T>
using Vec = Scalar<T>;
}
}  // namespace lockstep

LOCKSTEP_VEC_OPS(scalar)
