// A binary that is part of the program's own text: what `npx lockstep embed` writes.

import { builtin } from './runtime.js';

/** Where the program keeps them: functions that answer with base64 of brotli, by key. */
const registry = Symbol.for('lockstep.embedded');

/** The binary of a key that the program was made with, or `undefined`. */
export function embedded(key: string): Buffer | undefined {
  const found = (globalThis as { readonly [registry]?: Readonly<Record<string, () => string>> })[registry]?.[key];
  return found && builtin('node:zlib').brotliDecompressSync(Buffer.from(found(), 'base64'));
}

/** The module that makes a program hold a binary. It imports and exports nothing: it is ESM and CommonJS alike. */
export function embeddedModule(key: string, bytes: Uint8Array): string {
  const { brotliCompressSync, constants } = builtin('node:zlib');
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return [
    `// lockstep's binary for ${key}, written by: npx lockstep embed ${key}`,
    '// Import this file before lockstep is used.',
    `(globalThis[Symbol.for('lockstep.embedded')] ??= {})['${key}'] = () =>`,
    `  '${packed.toString('base64')}';`,
    '',
  ].join('\n');
}

const prefix = 'lockstep-';

/** Writes the binary to a file that no one else may read, and removes the file again once `use` is done with it. */
export function withFile<Result>(bytes: Uint8Array, use: (file: string) => Result): Result {
  const { mkdtempSync, rmSync, writeFileSync } = builtin('node:fs');
  const { join } = builtin('node:path');
  const temporary = builtin('node:os').tmpdir();
  if (process.platform === 'win32') removeLeftovers(temporary);
  const folder = mkdtempSync(join(temporary, `${prefix}${process.pid}-`));
  try {
    const file = join(folder, 'lockstep.node');
    writeFileSync(file, bytes, { mode: 0o600 });
    return use(file);
  } finally {
    try {
      rmSync(folder, { recursive: true });
    } catch {
      // Windows removes no file that is loaded: a later start does.
    }
  }
}

/** Folders of processes that have ended. */
function removeLeftovers(temporary: string): void {
  const { readdirSync, rmSync } = builtin('node:fs');
  for (const name of readdirSync(temporary)) {
    const [, pid] = /^lockstep-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(builtin('node:path').join(temporary, name), { recursive: true });
    } catch {
      // another user's
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
