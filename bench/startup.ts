// npm run bench:startup -- FOLDER: how long a program takes to start with lockstep, whole processes over an empty one, beside
// another built package in FOLDER (with dist/, package.json, its binary, and what it depends on beside it).

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spread } from '../dist/bench/measure.js';
import { table } from './text.js';

const rounds = 41;

/** What a program does, and how much of the other package's time over an empty program it may take. */
const programs = {
  require: { file: 'require.cjs', empty: 'empty.cjs', text: "require('lockstep');", target: 0.35 },
  import: { file: 'import.mjs', empty: 'empty.mjs', text: "import 'lockstep';", target: 0.35 },
  'first new Adam': {
    file: 'adam.cjs',
    empty: 'empty.cjs',
    text: "new (require('lockstep').Adam)([new Float32Array(4)]);",
    target: 0.6,
  },
} as const;
const files = Object.values(programs).flatMap(({ file, empty }) => [file, empty]);

/** A project in which `lockstep` is the package in a folder. */
function makeProject(folder: string, packageFolder: string): string {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(packageFolder, join(folder, 'node_modules', 'lockstep'), 'junction');
  for (const { file, empty, text } of Object.values(programs)) {
    writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, empty), ''); // of the same kind: a program of ES modules starts later by itself
  }
  return folder;
}

/** Milliseconds from start to end of a process. */
function time(project: string, file: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
  if (status !== 0 || stderr !== '') throw new Error(`${join(project, file)} ended with ${status}: ${stderr}`);
  return performance.now() - start;
}

/** Medians in milliseconds by file, of each project; all are run in turn, so that other load falls on all alike. */
function measure(projects: readonly string[]): readonly Readonly<Record<string, number>>[] {
  const times = projects.map(() => Object.fromEntries(files.map((file) => [file, [] as number[]])));
  for (let round = -1; round < rounds; round++) {
    for (const file of new Set(files)) {
      projects.forEach((project, i) => {
        const taken = time(project, file);
        if (round >= 0) times[i][file].push(taken); // the first is for the system's caches
      });
    }
  }
  return times.map((byFile) =>
    Object.fromEntries(Object.entries(byFile).map(([file, taken]) => [file, spread(taken).median])),
  );
}

const [other] = process.argv.slice(2);
if (other === undefined) throw new RangeError('expected the folder of another built package of lockstep');
const scratch = mkdtempSync(join(tmpdir(), 'lockstep-startup-'));
try {
  const here = fileURLToPath(new URL('..', import.meta.url));
  const [ours, theirs] = measure([
    makeProject(join(scratch, 'ours'), here),
    makeProject(join(scratch, 'theirs'), resolve(other)),
  ]);
  const rows = Object.entries(programs).map(([name, { file, empty, target }]) => {
    const [mine, its] = [ours, theirs].map((medians) => medians[file] - medians[empty]);
    const ratio = mine / its;
    return [name, mine.toFixed(1), its.toFixed(1), ratio.toFixed(2), `${target}${ratio <= target ? '' : ' MISSED'}`];
  });
  console.log(
    `Milliseconds over an empty program (${ours['empty.cjs'].toFixed(1)}); medians of ${rounds}, Node ${process.version}`,
  );
  console.log(table(['', 'lockstep', 'other', 'ratio', 'at most'], rows));
} finally {
  rmSync(scratch, { recursive: true });
}
