// The hoisted loop in a program that never transfers a buffer, where V8 need not ask whether an array is still attached. In
// a process of its own: in this one a buffer was transferred (see explanation() in report.ts).

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { backend } from 'lockstep';
import type { Settings, Spread } from '../dist/bench/measure.js';

export interface Untransferred {
  readonly elements: number;
  readonly rounds: number;
  readonly lockstepNs: Spread;
  readonly hoistedNs: Spread;
  /** The loop's time over lockstep's. */
  readonly timesHoisted: Spread;
}

/** Runs in the other process, and names nothing but its arguments and what it requires. */
function measure(dist: string, on: string, sizes: readonly (readonly [elements: number, settings: Settings])[]) {
  const { createRequire } = process.getBuiltinModule('node:module');
  const require = createRequire(dist);
  const { trainees } = require('./bench/subjects.js') as typeof import('../dist/bench/subjects.js');
  const { measureInTurn, ratio, spread } = require('./bench/measure.js') as typeof import('../dist/bench/measure.js');
  return sizes.map(([elements, settings]) => {
    const runs = [{ backend: on as ReturnType<typeof backend>['name'], threads: 1 }];
    const subjects = trainees({ optimizer: 'Adam', dtype: 'f32' }, elements, runs, ['hoisted']);
    const [lockstep, hoisted] = measureInTurn(subjects, settings);
    const each = (series: readonly number[]) => spread(series.map((ns) => ns / elements));
    return {
      elements,
      rounds: settings.rounds,
      lockstepNs: each(lockstep),
      hoistedNs: each(hoisted),
      timesHoisted: ratio(hoisted, lockstep),
    };
  });
}

/** Adam over f32, on one thread of the best backend. */
export function measureUntransferred(
  sizes: readonly (readonly [elements: number, settings: Settings])[],
): readonly Untransferred[] {
  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  const given = [dist, backend().available[0], sizes].map((value) => JSON.stringify(value));
  const script = `const __name = (f) => f; // which esbuild calls
    console.log(JSON.stringify((${measure})(${given})));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the loops without a transfer failed:\n${stderr}`);
  return JSON.parse(stdout) as readonly Untransferred[];
}
