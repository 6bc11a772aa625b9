// Which binary is loaded: the first that loads of one that was compiled here and one that came with the package.
//
// Names and their meaning are node-gyp-build's. What it leaves open is done here: it takes the first file whose name fits, for
// better or worse, and tells a musl system by the name of a distribution. A binary that came with the package is checked
// against the checksum that came with it before it is loaded: half of one can end the process.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import nodeGypBuild from 'node-gyp-build';

const root = join(__dirname, '..');

/** What became of a file that could have been the binary. */
export interface Attempt {
  readonly file: string;
  /** Why it was not taken, or `null` for the one that was. */
  readonly error: Error | null;
}

export interface Loaded {
  /** What the binary exports, or `null` where none could be loaded. */
  readonly exports: unknown;
  /** Every file that was tried, in order: the last is the one that was taken, if one was. */
  readonly attempts: readonly Attempt[];
  readonly loadError: Error | null;
}

/** C libraries of Linux; elsewhere there is nothing to choose. */
export type Libc = 'glibc' | 'musl' | null;

/** Which C library this process runs on, by what is mapped into it. `LIBC` decides where it is set, as in node-gyp-build. */
export function libc(): Libc {
  if (process.platform !== 'linux') return null;
  const { LIBC } = process.env;
  if (LIBC === 'glibc' || LIBC === 'musl') return LIBC;
  try {
    return /\/(ld-musl-|libc\.musl-)/.test(readFileSync('/proc/self/maps', 'utf8')) ? 'musl' : 'glibc';
  } catch {
    return existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  }
}

/** Where binaries are looked for: `LOCKSTEP_PREBUILD`, else the package itself. */
function home(): string {
  return process.env.LOCKSTEP_PREBUILD || root;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it is not there, or may not be read
  }
}

/** The file of the package that fits this process by its name, or `undefined`. */
function prebuilt(directory: string): string | undefined {
  const here = libc();
  const fits = nodeGypBuild.matchTags('node', process.versions.modules ?? '');
  const [best] = namesIn(directory)
    .map((file) => nodeGypBuild.parseTags(file))
    .filter((tags) => tags !== undefined)
    .filter(({ libc = here, ...others }) => libc === here && fits(others))
    .sort(nodeGypBuild.compareTags('node'));
  return best && join(directory, best.file);
}

/** Throws unless the file is the one that `prebuilds/SHA256SUMS` lists. */
function verify(prebuilds: string, file: string): void {
  const name = file.slice(prebuilds.length + 1).replaceAll('\\', '/');
  const sums = readFileSync(join(prebuilds, 'SHA256SUMS'), 'utf8');
  const expected = sums
    .split('\n')
    .find((line) => line.endsWith(`  ${name}`))
    ?.split(' ')[0];
  if (expected === undefined) throw new Error(`prebuilds/SHA256SUMS must list the checksum of ${name}, and does not`);
  const received = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (received === expected) return;
  throw new Error(`the checksum of prebuilds/${name} must be ${expected}, received ${received}: install lockstep anew`);
}

/** Node's own message is the same for both of its switches that keep addons out. */
function open(file: string): unknown {
  try {
    return require(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_DISABLED')) throw error;
    const cause = 'permission' in process ? 'the permission model, without --allow-addons' : '--no-addons';
    throw new Error(`Node loads no addons under ${cause}`, { cause: error });
  }
}

/**
 * Loads the binary. What goes wrong is answered, not thrown.
 *
 * @param check throws for what a binary exports if it cannot be used
 */
export function loadBinary(check: (exports: unknown) => void): Loaded {
  const attempts: Attempt[] = [];
  const attempt = (file: string, before?: () => void): unknown => {
    try {
      before?.();
      const exports = open(file);
      check(exports);
      attempts.push({ file, error: null });
      return exports;
    } catch (error) {
      attempts.push({ file, error: error instanceof Error ? error : new Error(String(error)) });
      return null;
    }
  };

  const compiled = join(home(), 'build', 'Release', 'lockstep.node');
  const prebuilds = join(home(), 'prebuilds');
  let exports = existsSync(compiled) ? attempt(compiled) : null;
  if (exports === null) {
    const file = prebuilt(join(prebuilds, `${process.platform}-${process.arch}`));
    if (file !== undefined) exports = attempt(file, () => verify(prebuilds, file));
  }
  return { exports, attempts, loadError: exports === null ? explain(attempts) : null };
}

function explain(attempts: readonly Attempt[]): Error {
  const [first] = attempts;
  if (first === undefined) {
    const system = [process.platform, process.arch, libc()].filter((part) => part !== null).join(' ');
    return new Error(
      `there is no binary for ${system}, neither prebuilt nor compiled here (npx lockstep doctor says more)`,
    );
  }
  if (attempts.length === 1) return first.error ?? new Error(`${first.file} was not loaded`);
  const reasons = attempts.map(({ file, error }) => `${file}: ${error?.message}`);
  return new Error(`none of ${attempts.length} binaries could be loaded: ${reasons.join('; ')}`);
}
