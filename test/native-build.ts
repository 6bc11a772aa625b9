// Building the C++ side, for the tests that look at it.
//
// Test files run in parallel, and two builds in one directory write over each other. Each has a directory of its own,
// and no lock: a lock that a killed run leaves behind stops the next one, and the kernels compile in seconds.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** For a test that builds: two cores that others share are slow. */
export const buildTimeout = 300_000;

export interface Outcome {
  /** The exit status, or what kept the program from running or ended it. */
  readonly status: number | string;
  readonly stdout: string;
  /** All that it printed. */
  readonly output: string;
}

export function run(command: string, args: readonly string[], cwd = root): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, maxBuffer: 256 * 2 ** 20 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.code ?? error.signal ?? 'unknown');
      resolve({ status, stdout, output: `${stdout}${stderr}` });
    });
  });
}

/** As `run`, for a program that must succeed: its standard output. */
export async function runOrThrow(command: string, args: readonly string[], cwd = root): Promise<string> {
  const { status, stdout, output } = await run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output}`);
  return stdout;
}

/** A file as a build leaves it, with its checksum beside it. */
export function writeBuilt(file: string, bytes: Uint8Array | string): void {
  writeFileSync(file, bytes);
  writeFileSync(`${file}.sha256`, `${createHash('sha256').update(bytes).digest('hex')}  ${basename(file)}\n`);
}

export async function canRun(command: string): Promise<boolean> {
  return (await run(command, ['--version'])).status !== 'ENOENT';
}

/** Those that CMake looks for by itself. On Windows it finds one that is not on the path. */
async function hasCompiler(): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const names = process.env.CXX ? [process.env.CXX.split(' ')[0]] : ['c++', 'g++', 'clang++'];
  return (await Promise.all(names.map(canRun))).includes(true);
}

/** For what cannot be tested here: a loud notice, and in CI an error, since there a skipped test reads as a passed one. */
export function cannotTest(what: string, reason: string): void {
  const notice = `${what} NOT TESTED: ${reason}`;
  if (process.env.CI) throw new Error(notice);
  console.warn(`\n${'!'.repeat(notice.length)}\n${notice}\n${'!'.repeat(notice.length)}\n`);
}

/** Whether CMake, a compiler and these programs are here; see `cannotTest` for where they are not. */
export async function canBuild(what: string, tools: readonly string[]): Promise<boolean> {
  const needed = ['cmake', ...tools];
  const present = await Promise.all(needed.map(canRun));
  const missing = needed.filter((_, i) => !present[i]);
  if (!(await hasCompiler())) missing.push('a C++ compiler');
  if (missing.length > 0) cannotTest(what, `missing here: ${missing.join(', ')}`);
  return missing.length === 0;
}

export interface Build {
  /** Under build/, and no other test's. */
  readonly directory: string;
  readonly type: 'Release' | 'Debug';
  readonly target?: string;
  readonly options?: readonly string[];
}

/** Configures and builds without Node's headers. Returns the build directory. */
export async function build({ directory, type, target, options = [] }: Build): Promise<string> {
  const path = join(root, 'build', directory);
  await runOrThrow('cmake', ['-S', root, '-B', path, `-DCMAKE_BUILD_TYPE=${type}`, ...options]);
  const targets = target === undefined ? [] : ['--target', target];
  const parallel = ['--parallel', String(availableParallelism())];
  await runOrThrow('cmake', ['--build', path, '--config', type, ...targets, ...parallel]);
  return path;
}
