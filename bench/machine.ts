// What a clone knows besides: which sources were measured, and what compiled them.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { attempt, type Machine as Described, describeMachine as describe } from '../dist/bench/machine.js';

export interface Machine extends Described {
  /** What compiled the addon, where its build directory tells. */
  readonly compiler?: string;
  readonly commit?: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** From the build directory that cmake-js or the install script left. */
function compiler(): string | undefined {
  const base = `${root}build/CMakeFiles`;
  const version = readdirSync(base).find((name) => /^\d/.test(name));
  const text = readFileSync(`${base}/${version}/CMakeCXXCompiler.cmake`, 'utf8');
  const value = (name: string) => new RegExp(`set\\(${name} "([^"]+)"\\)`).exec(text)?.[1];
  const id = value('CMAKE_CXX_COMPILER_ID');
  return id && `${id} ${value('CMAKE_CXX_COMPILER_VERSION')}`;
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  const changed = git('status', '--porcelain', '--', 'src', 'binding', 'lib', 'CMakeLists.txt') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with uncommitted changes' : ''}`;
}

export function describeMachine(args: readonly string[]): Machine {
  const found = { compiler: attempt(compiler), commit: attempt(commit) };
  return {
    ...describe('npm run bench', args.length > 0 ? ['--', ...args] : []),
    ...(found.compiler && { compiler: found.compiler }),
    ...(found.commit && { commit: found.commit }),
  };
}
