// The places where the binary may lie, in the order in which they are looked at.
//
// Names and their meaning are node-gyp-build's. What it leaves open is done here: it takes the first file whose name fits, for
// better or worse, and tells a musl system by the name of a distribution.

import type nodeGypBuild from 'node-gyp-build';
import { embedded, withFile } from './embedded.js';
import { libc, type System } from './libc.js';
import { builtin, environment } from './runtime.js';
import { home, literal, locate, self, sums, version } from './where.js';

/** A file that could be the binary. */
export interface Candidate {
  readonly file: string;
  /** The SHA-256 that it must have, or `null` for a file that is taken as it is. Asked only for a file that is there. */
  sum(): string | null;
}

/** A binary that is no file of its own, but part of the program. */
export interface Part {
  /** What it is, for messages. */
  readonly part: string;
  /** What it exports, or `undefined` where the program has no such part. */
  load(open: (candidate: Candidate) => unknown): unknown;
}

export interface Place {
  /** Where it is, for messages about what kept it from being looked at. */
  readonly name: string;
  candidates(): Iterable<Candidate | Part>;
}

/** The line of a file as `sha256sum` writes it. */
function sumIn(sums: string, name: string): string {
  const { readFileSync } = builtin('node:fs');
  const { basename } = builtin('node:path');
  let text = '';
  try {
    text = readFileSync(sums, 'utf8');
  } catch {
    // it is not there, or may not be read
  }
  const line = text.split(/\r?\n/).find((line) => line.endsWith(`  ${name}`));
  if (line === undefined) throw new Error(`${basename(sums)} must list the checksum of ${name}, and does not`);
  return line.split(' ')[0];
}

/** A file whose checksum lies beside it, as a build leaves it. */
function besideItsSum(file: string): Candidate {
  return { file, sum: () => sumIn(`${file}.sha256`, builtin('node:path').basename(file)) };
}

/** What was compiled in a folder. */
function compiledIn(directory: string): Candidate {
  return besideItsSum(builtin('node:path').join(directory, 'build', 'Release', 'lockstep.node'));
}

/** The file of the package for this system. Its checksum stands in this code, or in the list beside the file. */
function prebuiltIn(directory: string, { key, file }: System, known: Readonly<Record<string, string>>): Candidate {
  const { join } = builtin('node:path');
  const sum = () => known[key] ?? sumIn(join(directory, 'prebuilds', 'SHA256SUMS'), file);
  return { file: join(directory, 'prebuilds', file), sum };
}

/**
 * node-gyp-build, or `undefined` where it is not installed. It asks for a file of the system's as it loads unless it is told the C
 * library: not every process may read that.
 */
function loadNodeGypBuild(): typeof nodeGypBuild | undefined {
  const from = ownFile();
  if (from === undefined) throw new Error('node-gyp-build was not looked for: this code does not know where it lies');
  const { LIBC } = process.env;
  try {
    process.env.LIBC = libc() ?? 'none';
    return builtin('node:module').createRequire(from)('node-gyp-build') as typeof nodeGypBuild;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  } finally {
    if (LIBC === undefined) delete process.env.LIBC;
    else process.env.LIBC = LIBC;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return builtin('node:fs').readdirSync(directory);
  } catch {
    return []; // it is not there, or may not be read
  }
}

/** What node-gyp-build finds in a folder: other tags in the name of a prebuilt file, or another layout of a build. */
function* byNodeGypBuild(directory: string, system: System, known: Readonly<Record<string, string>>) {
  const { join, relative } = builtin('node:path');
  const nodeGypBuild = loadNodeGypBuild();
  if (nodeGypBuild === undefined) return;
  const { matchTags, parseTags, compareTags } = nodeGypBuild;
  const here = libc();
  const prebuilds = join(directory, 'prebuilds');
  const fits = matchTags('node', process.versions.modules ?? '');
  const folder = `${process.platform}-${process.arch}`;
  const [best] = namesIn(join(prebuilds, folder))
    .map((file) => parseTags(file))
    .filter((tags) => tags !== undefined)
    .filter(({ libc = here, ...others }) => libc === here && fits(others))
    .sort(compareTags('node'));
  if (best !== undefined) {
    const name = `${folder}/${best.file}`;
    const listed = () => sumIn(join(prebuilds, 'SHA256SUMS'), name);
    yield {
      file: join(prebuilds, name),
      sum: () => (name === system.file ? known[system.key] : undefined) ?? listed(),
    };
  }
  let found: string;
  try {
    found = nodeGypBuild.resolve(directory);
  } catch {
    return; // there is nothing
  }
  if (!relative(prebuilds, found).startsWith('..')) return; // was looked at
  yield besideItsSum(found);
}

/** The folder of the package that a file is of, if it is this version of lockstep. */
function isThisPackage(directory: string): boolean {
  try {
    const text = builtin('node:fs').readFileSync(builtin('node:path').join(directory, 'package.json'), 'utf8');
    const manifest = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
    return manifest.name === 'lockstep' && manifest.version === version();
  } catch {
    return false;
  }
}

/** Whether a file is the same one from whichever directory the program is called. */
function isPlace(file: string | undefined): file is string {
  return file !== undefined && builtin('node:path').isAbsolute(file);
}

/** The file that this code is in, or `undefined` where a bundler wrote a name that tells no place, such as `src/index.js`. */
function ownFile(): string | undefined {
  const file = self();
  return isPlace(file) ? file : undefined;
}

/** The folder of the package that this code is a file of, or `undefined` where a bundler put it elsewhere. */
export function packageFolder(): string | undefined {
  const file = ownFile();
  if (file === undefined) return undefined;
  const { dirname, join } = builtin('node:path');
  const folder = join(dirname(file), home);
  return isThisPackage(folder) ? folder : undefined;
}

/** Files that say where the program is: of this code, the one that was started, and the runtime or single executable. */
function programs(): readonly string[] {
  // After `node -e PROGRAM`, argv[1] is whatever was passed to the program.
  return [...new Set([self(), process.argv[1], process.execPath].filter(isPlace))];
}

/** `lockstep.KEY.node` in the folders of the program, as `npx lockstep copy` puts it there. */
function* besideProgram({ key }: System): Iterable<Candidate> {
  const { dirname, join } = builtin('node:path');
  for (const folder of new Set(programs().map((file) => dirname(file)))) {
    const candidate = besideItsSum(join(folder, `lockstep.${key}.node`));
    yield { file: candidate.file, sum: () => sums[key] ?? candidate.sum() };
  }
}

/** The package by its name, from where the program is. */
function* byName(system: System): Iterable<Candidate> {
  const { createRequire } = builtin('node:module');
  const { dirname } = builtin('node:path');
  for (const from of programs()) {
    let folder: string;
    try {
      folder = dirname(createRequire(from).resolve('lockstep/package.json'));
    } catch {
      continue; // it is not installed there
    }
    if (!isThisPackage(folder)) continue;
    yield compiledIn(folder);
    yield prebuiltIn(folder, system, sums);
  }
}

function embeddedPart(key: string): Part {
  return {
    part: 'the binary that is embedded in the program',
    load(open) {
      const bytes = embedded(key);
      return bytes && withFile(bytes, (file) => open({ file, sum: () => sums[key] ?? null }));
    },
  };
}

/** Bun gives no path of what its bundler put into the program: its bytes are not seen. */
function literalPart(key: string, load: (key: string) => unknown): Part {
  return { part: 'the binary that Bun bundled', load: () => load(key) };
}

/** `LOCKSTEP_PREBUILD`: the only folder that is looked at, where it is set. Its binaries are of a build of its own. */
function prebuildPlaces(directory: string, system: System): readonly Place[] {
  const name = `LOCKSTEP_PREBUILD=${directory}`;
  const folder = builtin('node:path').resolve(directory);
  return [
    { name, candidates: () => [compiledIn(folder), prebuiltIn(folder, system, {})] },
    { name, candidates: () => byNodeGypBuild(folder, system, {}) },
  ];
}

export function places(system: System): readonly Place[] {
  const prebuild = environment('LOCKSTEP_PREBUILD');
  if (prebuild) return prebuildPlaces(prebuild, system);
  const { key } = system;
  const located = () => locate(key);
  const own = packageFolder();
  return [
    { name: 'the program', candidates: () => [embeddedPart(key)] },
    { name: 'the package', candidates: () => (own === undefined ? [] : [compiledIn(own)]) },
    {
      name: 'the package',
      *candidates() {
        const file = located();
        if (file !== undefined) yield { file, sum: () => sums[key] };
        // Not where a file lies there, which was refused.
        if (literal && !(file && builtin('node:fs').existsSync(file))) yield literalPart(key, literal);
      },
    },
    { name: 'the folder of the program', candidates: () => besideProgram(system) },
    { name: 'the package lockstep', candidates: () => byName(system) },
    { name: 'node-gyp-build', candidates: () => (own === undefined ? [] : byNodeGypBuild(own, system, sums)) },
  ];
}
