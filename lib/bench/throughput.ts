// What `npx lockstep bench` measures: the main optimizers from 1 K to 16 M elements, each on the backends that are asked for
// against a hoisted JavaScript loop, after all backends were seen to write the same bits.

import { freemem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { backend } from '../index.js';
import { checkAlike } from './check.js';
import { attempt } from './machine.js';
import { measureInTurn, ratio, type Settings, type Spread, spread } from './measure.js';
import {
  bytesPerElement,
  bytesPerStep,
  bytesPerSubject,
  type Case,
  type Dtype,
  type Kind,
  type OptimizerName,
  type Run,
  trainees,
} from './subjects.js';
import { sizeName } from './text.js';

/** One backend, or the hoisted loop, at one size. */
export interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly threads: number;
  readonly nsPerElement: Spread;
  /** What a step must read and write, by the median time. */
  readonly gbPerSecond: number;
  /** The time of the hoisted loop over its own, round by round. */
  readonly timesHoisted: Spread;
}

/** One optimizer at one size. */
export interface Size {
  readonly elements: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
}

/** Why an optimizer was not measured at a size. */
export interface NotRun {
  readonly elements: number;
  readonly reason: string;
}

/** One optimizer at all sizes. */
export interface Throughput {
  readonly optimizer: OptimizerName;
  readonly dtype: Dtype;
  /** What a step must read and write for each element. */
  readonly bytesPerElement: number;
  readonly sizes: readonly Size[];
  readonly notRun: readonly NotRun[];
  /** Elements of params and state that were compared bit by bit with those of another backend or another number of threads. */
  readonly comparedElements: number;
}

export interface Extent {
  /** Small sizes and few rounds. */
  readonly quick: boolean;
  /** Every native backend that the machine has, not only the one that runs by default. */
  readonly allBackends: boolean;
}

const kilo = 2 ** 10;
const mega = 2 ** 20;

export function sizesFor({ quick }: Extent): readonly number[] {
  return quick ? [kilo, 64 * kilo, mega] : [kilo, 4 * kilo, 64 * kilo, mega, 16 * mega];
}

function settingsFor(elements: number, quick: boolean): Settings {
  if (quick) return { rounds: 5, batchMs: 0.5, warmMs: 10, settle: elements < mega ? 3 : 0 };
  if (elements >= 16 * mega) return { rounds: 7, batchMs: 1, warmMs: 50, settle: 0 }; // fits no cache anyway
  if (elements >= mega) return { rounds: 15, batchMs: 3, warmMs: 50, settle: 3 };
  return { rounds: 31, batchMs: 2, warmMs: 50, settle: 3 };
}

/** The backends to be timed; the native ones with all threads, too, where a tensor is large enough to be worth them. */
function runsFor(elements: number, { allBackends }: Extent): readonly Run[] {
  const { name, available, threads } = backend();
  const backends = allBackends ? available : [...new Set([name, 'typescript' as const])];
  return backends.flatMap((on) => {
    const isThreaded = on !== 'typescript' && threads > 1 && elements >= mega;
    return [1, ...(isThreaded ? [threads] : [])].map((count) => ({ backend: on, threads: count }));
  });
}

/** Every backend that can run here, with one thread and with several. */
function allRuns(): readonly Run[] {
  const { available, threads } = backend();
  return available.flatMap((on) =>
    (on === 'typescript' ? [1] : [1, Math.max(2, threads)]).map((count) => ({ backend: on, threads: count })),
  );
}

/** Long enough for several chunks, whose ends are not those of a register. */
export const agreementElements = 100_003;
const agreementSteps = 5;

/**
 * Takes all backends, with one thread and with several, a few steps.
 *
 * @returns how many elements were compared
 * @throws Disagreement at the first difference
 */
export function checkAgreement(which: Case): number {
  const optimizers = trainees(which, agreementElements, allRuns(), []);
  return checkAlike(optimizers, `${which.optimizer} ${which.dtype}`, [0], agreementSteps);
}

/** Why there is no memory to measure in, or `undefined` where there is. */
function whyNotFree(bytes: number): string | undefined {
  const free = Math.min(freemem(), process.constrainedMemory() || Infinity);
  if (bytes <= 0.7 * free) return undefined;
  return `it takes ${(bytes / 2 ** 30).toFixed(1)} GiB of memory, and ${(free / 2 ** 30).toFixed(1)} GiB are free`;
}

/** Lets go of the last size's arrays, and not while something is timed. */
const collect: () => void =
  globalThis.gc ??
  attempt(() => {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as () => void;
  }) ??
  (() => {});

/**
 * @param onSize called with what is measured next
 * @throws Disagreement where two backends do not write the same bits; nothing is timed then
 */
export function measureThroughput(which: Case, extent: Extent, onSize: (label: string) => void): Throughput {
  const label = `${which.optimizer} ${which.dtype}`;
  onSize(`${label}: do all backends agree`);
  let comparedElements = checkAgreement(which);
  const bytes = bytesPerStep(which);
  const sizes: Size[] = [];
  const notRun: NotRun[] = [];
  for (const elements of sizesFor(extent)) {
    const runs = runsFor(elements, extent);
    collect();
    const needed = 2 * elements * bytesPerElement(which.dtype) + (runs.length + 1) * bytesPerSubject(which, elements);
    const reason = whyNotFree(needed);
    if (reason !== undefined) {
      notRun.push({ elements, reason });
      continue;
    }
    onSize(`${label}, ${sizeName(elements)}`);
    const subjects = trainees(which, elements, runs, ['hoisted']);
    comparedElements += checkAlike(subjects, `${label}, ${sizeName(elements)} elements`);
    const settings = settingsFor(elements, extent.quick);
    const series = measureInTurn(subjects, settings);
    const hoisted = series[subjects.length - 1];
    const rows = subjects.map(({ name, kind }, i): Row => {
      const nsPerElement = spread(series[i].map((ns) => ns / elements));
      return {
        name,
        kind,
        threads: runs[i]?.threads ?? 1,
        nsPerElement,
        gbPerSecond: bytes / nsPerElement.median,
        timesHoisted: ratio(hoisted, series[i]),
      };
    });
    sizes.push({ elements, rounds: settings.rounds, rows });
  }
  return { ...which, bytesPerElement: bytes, sizes, notRun, comparedElements };
}
