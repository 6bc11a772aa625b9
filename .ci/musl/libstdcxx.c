// For tests only: what Debian's libstdc++, which was made for glibc, asks of a C library and musl does not have. With
// it, scripts/install-matrix/musl.mjs links the libstdc++.so.6 that Bun's musl build needs to start.

#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>

void* __dso_handle __attribute__((visibility("hidden"))) = 0;

/// That there may be more threads: the safe answer.
char __libc_single_threaded = 0;

int __pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) { return pthread_key_create(key, destructor); }

/// Not found: the unwinder then walks the loaded objects itself.
int _dl_find_object(void* address, void* result) {
  (void)address;
  (void)result;
  return -1;
}

unsigned arc4random(void) { return (unsigned)random(); }

unsigned long __getauxval(unsigned long type) { return getauxval(type); }
