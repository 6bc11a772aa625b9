// Which binary is loaded: the first that loads, of the places where one may lie (places.ts).
//
// A binary is checked against the checksum that was written when it was built before it is loaded: half of one can end the
// process. The checksums of the binaries that came with the package stand in this code, so that it does not matter where a
// deployment has put them.

import { type System, system } from './libc.js';
import { type Candidate, places } from './places.js';
import { remedies } from './remedies.js';
import { builtin, environment } from './runtime.js';
import { sums } from './where.js';

/** What became of a file that could have been the binary, and was there. */
export interface Attempt {
  readonly file: string;
  /** Why it was not taken, or `null` for the one that was. */
  readonly error: Error | null;
}

export interface Loaded {
  /** What the binary exports, or `null` where none could be loaded. */
  readonly exports: unknown;
  /** Every file that was there, in order: the last is the one that was taken, if one was. */
  readonly attempts: readonly Attempt[];
  /** The files that were looked for and were not there, in order. */
  readonly searched: readonly string[];
  /** What to do about it, in sentences; none where a binary was loaded. */
  readonly remedies: readonly string[];
  readonly loadError: Error | null;
  /** By what the user named the binary, or `null` where it was looked for. */
  readonly named: 'LOCKSTEP_BINARY' | 'useBinary' | null;
}

/** Node's own message is the same for both of its switches that keep addons out. */
function open(file: string): unknown {
  if (!file.endsWith('.node')) throw new Error("the file's name must end in .node: Node runs any other as JavaScript");
  try {
    return builtin('node:module').createRequire(file)(file); // a require that no bundler has rewritten
  } catch (error) {
    if (!isDisabled(error)) throw error;
    const cause = 'permission' in process ? 'the permission model, without --allow-addons' : '--no-addons';
    throw Object.assign(new Error(`Node loads no addons under ${cause}`, { cause: error }), { code: error.code });
  }
}

/** Whether Node loads no addon at all. */
function isDisabled(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_DISABLED';
}

/** The bytes of a file, or `undefined` where there is none. */
function read(file: string): Uint8Array | undefined {
  try {
    return builtin('node:fs').readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Throws unless the bytes are those of which the checksum was written when the binary was built. */
function verify({ file, sum }: Candidate, bytes: Uint8Array): void {
  const expected = sum();
  if (expected === null) return;
  const received = builtin('node:crypto').createHash('sha256').update(bytes).digest('hex');
  if (received === expected) return;
  throw new Error(`the checksum of ${file} must be ${expected}, received ${received}`);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

class Search {
  readonly attempts: Attempt[] = [];
  readonly searched: string[] = [];
  readonly #check: (exports: unknown) => void;
  readonly #seen = new Set<string>();

  constructor(check: (exports: unknown) => void) {
    this.#check = check;
  }

  /** What the candidate exports, or `undefined` where it is not there or cannot be used. */
  try(candidate: Candidate): unknown {
    const { file } = candidate;
    if (this.#seen.has(file)) return undefined;
    this.#seen.add(file);
    return this.attempt(file, () => {
      const bytes = read(file);
      if (bytes === undefined) {
        this.searched.push(file);
        return undefined;
      }
      verify(candidate, bytes);
      return open(file);
    });
  }

  /** As `try`, for whatever is named by `file`. */
  attempt(file: string, load: () => unknown): unknown {
    try {
      const exports = load();
      if (exports === undefined) return undefined;
      this.#check(exports);
      this.attempts.push({ file, error: null });
      return exports;
    } catch (error) {
      this.attempts.push({ file, error: asError(error) });
      return undefined;
    }
  }

  /** Whether it makes no sense to look any further. */
  get isOver(): boolean {
    return isDisabled(this.attempts.at(-1)?.error);
  }
}

/** Looks through all places. */
function find(search: Search, here: System): unknown {
  for (const place of places(here)) {
    try {
      for (const candidate of place.candidates()) {
        const exports =
          'file' in candidate
            ? search.try(candidate)
            : search.attempt(candidate.part, () =>
                candidate.load((file) => {
                  verify(file, read(file.file) ?? new Uint8Array());
                  return open(file.file);
                }),
              );
        if (exports !== undefined || search.isOver) return exports;
      }
    } catch (error) {
      search.attempts.push({ file: place.name, error: asError(error) }); // where even to look is not allowed
    }
  }
  return undefined;
}

/**
 * Loads the binary. What goes wrong is answered, not thrown.
 *
 * @param check throws for what a binary exports if it cannot be used
 * @param path the file that the user named by `useBinary`
 */
export function loadBinary(check: (exports: unknown) => void, path?: string): Loaded {
  const search = new Search(check);
  const { attempts, searched } = search;
  const given = path ?? environment('LOCKSTEP_BINARY');
  if (given) return loadNamed(search, given, path === undefined ? 'LOCKSTEP_BINARY' : 'useBinary');
  try {
    builtin('node:fs'); // without which there is nothing to look at
    const here = system();
    const exports = find(search, here);
    const found = { exports: exports ?? null, attempts, searched, named: null };
    if (exports !== undefined) return { ...found, remedies: [], loadError: null };
    const errors = attempts.map(({ error }) => String(error));
    const advice = remedies(errors, here.key in sums);
    return { ...found, remedies: advice, loadError: explain(search, here, advice) };
  } catch (error) {
    const loadError = asError(error);
    return { exports: null, attempts, searched, remedies: [], loadError, named: null };
  }
}

/** Loads the file that the user named, and no other. Its bytes are not compared with anything: a packager may sign it. */
function loadNamed(search: Search, path: string, named: 'LOCKSTEP_BINARY' | 'useBinary'): Loaded {
  const { attempts, searched } = search;
  let file = path;
  let exports: unknown;
  try {
    file = builtin('node:path').resolve(path);
    exports = search.try({ file, sum: () => null });
  } catch (error) {
    attempts.push({ file, error: asError(error) }); // this runtime has no files
  }
  const found = { exports: exports ?? null, attempts, searched, named, remedies: [] };
  if (exports !== undefined) return { ...found, loadError: null };
  const reason = attempts.at(-1)?.error?.message ?? 'there is no such file';
  return { ...found, loadError: new Error(`${named} must name lockstep's binary, received ${file}: ${reason}`) };
}

function explain({ attempts, searched }: Search, { key, name }: System, advice: readonly string[]): Error {
  const looked = searched.length === 0 ? '' : `; searched: ${searched.join(', ')}`;
  return new Error([`${reasonOf(attempts, key, name)}${looked}.`, ...advice].join(' '));
}

function reasonOf(attempts: readonly Attempt[], key: string, name: string): string {
  const [first] = attempts;
  if (first === undefined) {
    return key in sums
      ? `the binary for ${name} was not found`
      : `there is no binary for ${name}, neither prebuilt nor compiled here`;
  }
  if (attempts.length === 1) {
    const message = first.error?.message ?? '';
    return message.includes(first.file) ? message : `${message} (${first.file})`;
  }
  const reasons = attempts.map(({ file, error }) => `${file}: ${error?.message}`);
  return `none of ${attempts.length} binaries could be loaded: ${reasons.join('; ')}`;
}
