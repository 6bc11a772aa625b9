// Which binary is loaded: the first that loads of one that was compiled here and one that came with the package.
//
// Names and their meaning are node-gyp-build's. What it leaves open is done here: it takes the first file whose name fits, for
// better or worse, and tells a musl system by the name of a distribution. A binary is checked against the checksum that was
// written when it was built before it is loaded: half of one can end the process.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type nodeGypBuild from 'node-gyp-build';

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

/** The C library among the files that are mapped into a process, of the text of /proc/self/maps. */
export function libcIn(maps: string): 'glibc' | 'musl' {
  // Distributions name it after the loader, after itself, or just libc.so, which glibc's never is.
  return /\/(?:ld-musl-[^/\n]*|libc\.musl-[^/\n]*|libc\.so)$/m.test(maps) ? 'musl' : 'glibc';
}

/** Which C library this process runs on, by what is mapped into it. `LIBC` decides where it is set, as in node-gyp-build. */
export function libc(): Libc {
  if (process.platform !== 'linux') return null;
  const { LIBC } = process.env;
  if (LIBC === 'glibc' || LIBC === 'musl') return LIBC;
  try {
    return libcIn(readFileSync('/proc/self/maps', 'utf8'));
  } catch {
    // It may not be read, as under Node's permission model. Node itself knows whether it runs on glibc.
    const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  }
}

/**
 * node-gyp-build, which asks for a file of the system's as it loads unless it is told the C library: not every process may
 * read that.
 */
function loadNodeGypBuild(): typeof nodeGypBuild {
  const { LIBC } = process.env;
  try {
    process.env.LIBC = libc() ?? 'none';
    return require('node-gyp-build');
  } finally {
    if (LIBC === undefined) delete process.env.LIBC;
    else process.env.LIBC = LIBC;
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
  const { matchTags, parseTags, compareTags } = loadNodeGypBuild();
  const fits = matchTags('node', process.versions.modules ?? '');
  const [best] = namesIn(directory)
    .map((file) => parseTags(file))
    .filter((tags) => tags !== undefined)
    .filter(({ libc = here, ...others }) => libc === here && fits(others))
    .sort(compareTags('node'));
  return best && join(directory, best.file);
}

/** A file that could be the binary, and where its checksum stands: a line as `sha256sum` writes it. */
interface Candidate {
  readonly file: string;
  readonly sums: string;
  /** The name of the file there. */
  readonly name: string;
}

/** Throws unless the file is the one whose checksum was written when it was built. */
function verify({ file, sums, name }: Candidate): void {
  const expected = (existsSync(sums) ? readFileSync(sums, 'utf8') : '')
    .split(/\r?\n/)
    .find((line) => line.endsWith(`  ${name}`))
    ?.split(' ')[0];
  if (expected === undefined) throw new Error(`${basename(sums)} must list the checksum of ${name}, and does not`);
  const received = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (received === expected) return;
  throw new Error(`the checksum of ${name} must be ${expected}, received ${received}: install lockstep anew`);
}

/** The one that was compiled here, if there is one, and the one that came with the package and fits, if one does. */
const candidates: readonly (() => Candidate | undefined)[] = [
  () => {
    const file = join(home(), 'build', 'Release', 'lockstep.node');
    return existsSync(file) ? { file, sums: `${file}.sha256`, name: basename(file) } : undefined;
  },
  () => {
    const prebuilds = join(home(), 'prebuilds');
    const file = prebuilt(join(prebuilds, `${process.platform}-${process.arch}`));
    if (file === undefined) return undefined;
    return { file, sums: join(prebuilds, 'SHA256SUMS'), name: relative(prebuilds, file).replaceAll('\\', '/') };
  },
];

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
  for (const find of candidates) {
    let file = home(); // where even to look for one is not allowed
    try {
      const candidate = find();
      if (candidate === undefined) continue;
      file = candidate.file;
      verify(candidate);
      const exports = open(file);
      check(exports);
      attempts.push({ file, error: null });
      return { exports, attempts, loadError: null };
    } catch (error) {
      attempts.push({ file, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return { exports: null, attempts, loadError: explain(attempts) };
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
