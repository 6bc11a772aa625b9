import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, by far: begun last, one of them would keep a single core busy while all others idle. */
const longest = ['parity.test.ts', 'cpp.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const first = longest.flatMap((name) => others.filter(({ moduleId }) => moduleId.endsWith(`/${name}`)));
    return [...new Set([...first, ...others])];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    sequence: { sequencer: LongestFirst },
    maxWorkers: '100%', // vitest would leave a core idle; half of the time goes to few files, each in one thread
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // The parent's choice would silently decide which backend, or which binary, the tests see.
    env: { LOCKSTEP_BACKEND: '', LOCKSTEP_PREBUILD: '', LOCKSTEP_REQUIRE_NATIVE: '' },
  },
});
