// Where this code lies, and the binaries that came with it.
//
// This is the body for lockstep run from its TypeScript sources: no binary is named, and one that was compiled here is found.
// The bodies for the package are written by scripts/bundle.mjs, from the files that prebuilds/ holds: they name each binary
// in the words that bundlers and tracers look for.

import { builtin } from './runtime.js';

/** The version of the package. */
export function version(): string {
  const file = self();
  if (file === undefined) return 'unknown';
  const { readFileSync } = builtin('node:fs');
  const { dirname, join } = builtin('node:path');
  return (JSON.parse(readFileSync(join(dirname(file), home, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The SHA-256 of each binary that came with the package, by key (lib/libc.ts). */
export const sums: Readonly<Record<string, string>> = {};

/** From the folder of `self()` to that of the package, where this code was not bundled into a program. */
export const home = '..';

/** The file that this code is in, or `undefined` where nothing tells. */
export function self(): string | undefined {
  return typeof __filename === 'string' ? __filename : undefined;
}

/** The path of the binary that came with the package, or `undefined` where none did or a bundler left no trace of it. */
export function locate(_key: string): string | undefined {
  return undefined;
}

/** Loads the binary that a bundler has put into the program itself, where one does so: Bun's. */
export const literal: ((key: string) => unknown) | undefined = undefined;
