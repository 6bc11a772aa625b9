// npx lockstep without a command; each command has a test of its own.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockstep } from './command.js';
import { root } from './native-build.js';

test.each(['--version', '-v'])('%s says the version of the package alone', (flag) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  expect(lockstep([flag])).toEqual({ stdout: `${version}\n`, stderr: '', status: 0 });
});

test.each(['--help', '-h'])('%s lists the commands and --version', (flag) => {
  const { stdout, stderr, status } = lockstep([flag]);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toMatch(/^npx lockstep COMMAND \[--help\]\nnpx lockstep --version\n/);
  expect(stdout).toMatch(/^ {2}bench .*\n(?: {2}.*\n)* {2}doctor /m);
});

test('an unknown command is refused', () => {
  const { stdout, stderr, status } = lockstep(['--versoin']);
  expect([stdout, status]).toEqual(['', 1]);
  expect(stderr).toMatch(/^the command must be one of bench, .*doctor, .*received '--versoin'\n/);
});
