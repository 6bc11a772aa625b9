// npx lockstep copy: the binaries, where a bundle finds them.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { binaryFor, compiledFile, keys } from './carried.js';
import { CommandError, runCommand } from './command.js';
import { system } from './libc.js';

const usage = `npx lockstep copy FOLDER [PLATFORM…]

Copies the package's binaries into FOLDER, the folder of a bundle or of a single executable: lockstep looks there for
lockstep.PLATFORM.node. Without a PLATFORM all are copied. The names are

  ${keys().join(', ')}
`;

/** Copies one binary, and answers with its path there. A compiled one keeps its checksum beside it. */
function copyTo(directory: string, key: string): string {
  const from = binaryFor(key);
  const name = `lockstep.${key}.node`;
  const to = join(directory, name);
  copyFileSync(from, to);
  if (from === compiledFile) {
    const [sum] = readFileSync(`${from}.sha256`, 'utf8').split(' ');
    writeFileSync(`${to}.sha256`, `${sum}  ${name}\n`);
  }
  return to;
}

/** Runs the command, and answers with its exit code. */
export function copy(args: readonly string[]): Promise<number> {
  return runCommand({ usage, flags: [], most: 99 }, args, ({ names: [directory, ...platforms] }) => {
    if (directory === undefined) throw new CommandError(`FOLDER is missing\n\n${usage}`);
    const chosen = platforms.length > 0 ? platforms : keys();
    for (const key of chosen.length > 0 ? chosen : [system().key]) binaryFor(key); // all are there, or none is copied
    mkdirSync(directory, { recursive: true });
    for (const key of chosen) process.stdout.write(`${resolve(copyTo(directory, key))}\n`);
    return 0;
  });
}
