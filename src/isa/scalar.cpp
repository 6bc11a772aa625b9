#include "../sweep.h"

namespace lockstep {
namespace {
template <class T>
using Vec = Scalar<T>;
}
}  // namespace lockstep

LOCKSTEP_ISA(scalar)
