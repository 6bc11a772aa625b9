// npx lockstep, as a user runs it: a process of its own.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './native-build.js';

interface Given {
  readonly env?: NodeJS.ProcessEnv;
  /** Arguments of Node. */
  readonly node?: readonly string[];
}

export function lockstep(args: readonly string[], { env = {}, node = [] }: Given = {}) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...node, join(root, 'dist', 'cli.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_REQUIRE_NATIVE: '', ...env },
  });
  return { stdout, stderr, status };
}
