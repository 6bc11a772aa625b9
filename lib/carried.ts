// The binaries that the commands hand on: those of the package, and the one that was compiled here.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError } from './command.js';
import { fileOf, system } from './libc.js';
import { sums } from './where.js';

/** The folder of the package: commands lie in its dist/. */
export const folder = dirname(__dirname);

export const compiledFile = join(folder, 'build', 'Release', 'lockstep.node');

/** The keys of all binaries that can be handed on. */
export function keys(): readonly string[] {
  const here = system().key;
  return here in sums || !existsSync(compiledFile) ? Object.keys(sums) : [...Object.keys(sums), here];
}

/**
 * The binary of a key. Of a system that the package has a binary for it is that one, since a bundle knows no other checksum.
 *
 * @throws CommandError where there is none
 */
export function binaryFor(key: string): string {
  const file = key in sums ? join(folder, 'prebuilds', fileOf(key)) : compiledFile;
  if (keys().includes(key) && existsSync(file)) return file;
  throw new CommandError(
    keys().length === 0
      ? 'the package has no binaries, and none was compiled here: npx lockstep build compiles one'
      : `there is no binary for ${key}: expected one of ${keys().join(', ')}`,
  );
}
