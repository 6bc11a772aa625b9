import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    maxWorkers: '100%', // vitest would leave a core idle; half of the time goes to few files, each in one thread
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // The parent's choice would silently decide which backend, or which binary, the tests see.
    env: { LOCKSTEP_BACKEND: '', LOCKSTEP_PREBUILD: '', LOCKSTEP_REQUIRE_NATIVE: '' },
  },
});
