// npx lockstep embed: the binary as JavaScript.

import { readFileSync } from 'node:fs';
import { binaryFor, keys } from './carried.js';
import { runCommand } from './command.js';
import { embeddedModule } from './embedded.js';
import { system } from './libc.js';

const usage = `npx lockstep embed [PLATFORM] > FILE.js

Writes a JavaScript module that holds the binary for PLATFORM, or for this system: a program that imports it before it uses
lockstep needs no other file. It imports and exports nothing, and is ESM and CommonJS alike. The names are

  ${keys().join(', ')}
`;

/** Runs the command, and answers with its exit code. */
export function embed(args: readonly string[]): Promise<number> {
  return runCommand({ usage, flags: [], most: 1 }, args, ({ names: [key = system().key] }) => {
    process.stdout.write(embeddedModule(key, readFileSync(binaryFor(key))));
    return 0;
  });
}
