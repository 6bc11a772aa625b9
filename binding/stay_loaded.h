// Keeps the binary in memory until the process ends.
#pragma once

namespace lockstep {

/// Node closes a binary when the last worker that used it ends, but helper threads (src/pool.cpp) sleep in its code.
/// Where there is a linker flag against that (-z nodelete, see CMakeLists.txt) there is nothing to do.
void stayLoaded();

}  // namespace lockstep
