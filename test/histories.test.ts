// A fault is repeated by `npm run histories -- 1 SEED`, which also runs any number of histories.

import { expect, test } from 'vitest';
import { runHistory } from './histories.js';

const count = 400;
const first = Date.now() % 1_000_000;

test('histories end with the same bits on the short ways as on the long one', { timeout: 3_600_000 }, () => {
  console.log(`${count} histories from seed ${first}`);
  const failed: string[] = [];
  let steps = 0;
  for (let k = 0; k < count && failed.length < 3; k++) {
    const history = runHistory({ seed: first + k });
    steps += history.steps;
    if (history.fault === undefined) continue;
    failed.push(`seed ${history.seed}: ${history.title}: ${history.fault}\n${history.acts.join(' · ')}`);
  }
  console.log(`${steps} steps`);
  expect(failed).toEqual([]);
  expect(steps).toBeGreaterThan(10 * count); // more than half of the acts are steps, and most of these do one
});
