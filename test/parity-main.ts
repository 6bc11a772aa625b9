// The parity test without a test runner, for emulated and foreign platforms:
//   node parity.mjs --expect avx2,sse2,scalar,typescript     all backends against each other, and these must be all
//   node parity.mjs --only avx512                            one backend, for its hash alone
// --brief leaves most lengths and offsets out, for emulators; the hash is then another.

import { parseArgs } from 'node:util';
import { runParity, summary } from './parity.js';

const { values } = parseArgs({
  options: { expect: { type: 'string' }, only: { type: 'string' }, brief: { type: 'boolean' } },
});
const parity = runParity(values.only?.split(','), values.brief);
for (const difference of parity.differences) console.error(difference);
if (parity.differing > 0) process.exitCode = 1;
if (values.expect !== undefined && parity.backends.join() !== values.expect) {
  console.error(`expected the backends ${values.expect}, ran ${parity.backends.join()}`);
  process.exitCode = 1;
}
console.log(summary(parity));
