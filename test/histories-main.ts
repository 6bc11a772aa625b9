// npm run histories -- COUNT SEED: random histories without a test runner, as many as wanted.

import { runHistory } from './histories.js';

const [count = 5000, first = 1] = process.argv.slice(2).map(Number);
let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  const { title, acts, fault } = runHistory({ seed });
  if (fault === undefined) continue;
  failed++;
  console.error(`seed ${seed}: ${title}: ${fault}\n${acts.join(' · ')}`);
}
console.log(`${count - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
