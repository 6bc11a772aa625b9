// The C++ tests in test/cpp, built and run as CTest runs them.

import { expect, test } from 'vitest';
import { build, buildTimeout, canBuild, run } from './native-build.js';

const tests = ['vec', 'kernels', 'dispatch', 'fp_state', 'plan', 'pool'];
const ready = await canBuild('The C++ tests', ['ctest']);

test.skipIf(!ready)(
  'the C++ tests pass',
  async () => {
    const type = 'Release';
    const directory = await build({ directory: 'cpp-release', type, options: ['-DLOCKSTEP_TESTS=ON'] });
    const { status, output } = await run('ctest', ['-C', type, '--verbose', '--no-tests=error'], directory);

    const telling = /^ *\d+\/\d+ Test|^\d+: *(ran:|compiled, but|guard pages:|passed|FAILED|DIFFERS)|tests passed/;
    const lines = output.split('\n');
    console.log(lines.filter((line) => telling.test(line)).join('\n'));
    expect(status, output).toBe(0);
    for (const name of tests) {
      expect(output, `the test ${name} must run and pass`).toMatch(new RegExp(`: ${name} \\.+ +Passed`));
    }
  },
  buildTimeout,
);
