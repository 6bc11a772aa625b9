import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as lockstep from 'lockstep';
import { trainWith } from './training.cjs';

test('lockstep trains', () => {
  expect(createRequire(import.meta.url)('lockstep').Adam).toBe(lockstep.Adam);
  writeFileSync('found.json', JSON.stringify(trainWith(lockstep)));
});
