// npm run bench:startup -- FOLDER: how long a program takes to start with lockstep, whole processes over an empty one, beside
// another built package in FOLDER (with dist/, package.json, its binary, and what it depends on beside it). The time that the
// processor spent on a process is told beside the time that passed: other load on the machine falls on that hardly.

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

/** Each program ends with the milliseconds that the processor spent on it. */
const report = `
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.getBuiltinModule('node:fs').writeSync(1, String((user + system) / 1000));
});
`;

/** A project in which `lockstep` is the package in a folder. */
function makeProject(folder: string, packageFolder: string): string {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(packageFolder, join(folder, 'node_modules', 'lockstep'), 'junction');
  for (const { file, empty, text } of Object.values(programs)) {
    writeFileSync(join(folder, file), text + report);
    writeFileSync(join(folder, empty), report); // of the same kind: a program of ES modules starts later by itself
  }
  return folder;
}

interface Times {
  /** Milliseconds from start to end of each process. */
  readonly passed: number[];
  /** Milliseconds of the processor. */
  readonly spent: number[];
}

function time(project: string, file: string, { passed, spent }: Times): void {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
  if (status !== 0 || stderr !== '') throw new Error(`${join(project, file)} ended with ${status}: ${stderr}`);
  passed.push(performance.now() - start);
  spent.push(Number(stdout));
}

/** Medians by file, of each project; all are run in turn, so that other load falls on all alike. */
function measure(projects: readonly string[]) {
  const times = projects.map(() =>
    Object.fromEntries(files.map((file): [string, Times] => [file, { passed: [], spent: [] }])),
  );
  for (let round = 0; round < rounds; round++) {
    for (const file of new Set(files)) {
      for (const [i, project] of projects.entries()) time(project, file, times[i][file]);
    }
  }
  const median = (values: readonly number[]) => spread(values).median;
  return times.map((byFile) => (which: keyof Times, file: string, empty: string) => {
    return median(byFile[file][which]) - median(byFile[empty][which]);
  });
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
    const cells = (['passed', 'spent'] as const).flatMap((which) => {
      const [mine, its] = [ours(which, file, empty), theirs(which, file, empty)];
      return [mine.toFixed(1), its.toFixed(1), (mine / its).toFixed(2)];
    });
    return [name, ...cells, String(target)];
  });
  console.log(`Milliseconds over an empty program, medians of ${rounds}, Node ${process.version}`);
  console.log(table(['', 'passed', 'other', 'ratio', 'processor', 'other', 'ratio', 'target'], rows));
} finally {
  rmSync(scratch, { recursive: true });
}
