import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // The parent's choice would silently decide which backend, or which binary, the tests see.
    env: { LOCKSTEP_BACKEND: '', LOCKSTEP_PREBUILD: '' },
  },
});
