// Versions of symbols, for a binary that is linked here and has to load on older systems (-DLOCKSTEP_OLD_GLIBC=ON).
//
// A linker takes the newest version of each symbol. Those below have the same meaning in an older one, which glibc and
// libstdc++ keep for ever: with them glibc 2.28 and the libstdc++ of GCC 8 are enough, which is what Node itself needs.
#pragma once

#ifdef LOCKSTEP_OLD_GLIBC
#if defined(__x86_64__)
#define LOCKSTEP_GLIBC_BASELINE "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define LOCKSTEP_GLIBC_BASELINE "GLIBC_2.17"
#endif
#define LOCKSTEP_SYMBOL(name, version) __asm__(".symver " #name ", " #name "@" version)
LOCKSTEP_SYMBOL(pthread_mutex_trylock, LOCKSTEP_GLIBC_BASELINE);
LOCKSTEP_SYMBOL(pthread_sigmask, LOCKSTEP_GLIBC_BASELINE);
LOCKSTEP_SYMBOL(_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE, "GLIBCXX_3.4.11");
#undef LOCKSTEP_SYMBOL
#undef LOCKSTEP_GLIBC_BASELINE
#endif
