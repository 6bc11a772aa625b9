// npx lockstep copy, where it cannot do what it was asked for. What it copies is tested in package.test.ts.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockstep } from './command.js';
import { cannotTest, root } from './native-build.js';

const built = existsSync(join(root, 'build', 'Release', 'lockstep.node'));
if (!built) cannotTest('lockstep copy', 'it needs build/Release/lockstep.node: npm run build makes it');

const scratch = mkdtempSync(join(tmpdir(), 'lockstep-copy-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test.skipIf(!built)('what the system refuses is said in a line, without a stack', () => {
  const taken = join(scratch, 'a file');
  writeFileSync(taken, '');
  const { status, stdout, stderr } = lockstep(['copy', taken]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^EEXIST: [^\n]*a file'\n$/);
});
