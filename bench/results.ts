// The results of a run, as data: what results.json holds.

import { ratio, type Series, type Settings, type Spread, spread } from '../dist/bench/measure.js';
import type { Case, Kind, Trainee } from '../dist/bench/subjects.js';
import type { Allocation } from './allocation.js';
import type { CatalogueRow } from './catalogue.js';
import type { Machine } from './machine.js';
import type { GrowthRow, LimitResult } from './memory.js';
import type { ModelResult } from './models.js';
import type { Overhead } from './overhead.js';
import type { Peers } from './peers.js';
import type { WholeStep } from './pipeline.js';
import type { Torch } from './torch.js';
import type { Untransferred } from './untransferred.js';

export interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly nsPerElement: Spread;
}

/** The time of one subject over that of another. */
export interface Ratio {
  readonly name: string;
  readonly value: Spread;
}

/** One optimizer at one size. */
export interface Throughput extends Case {
  readonly elements: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

export interface Results {
  readonly machine: Machine;
  /** The instruction set of the limits, where they were measured. */
  readonly limitIsa?: string;
  /** Elements that every other backend wrote with the same bits as the first, just before they were timed. */
  readonly comparedElements: number;
  readonly throughput: readonly Throughput[];
  readonly untransferred?: readonly Untransferred[];
  readonly overhead: readonly Overhead[];
  readonly overheadRounds: number;
  readonly catalogue: readonly CatalogueRow[];
  readonly wholeStep: readonly WholeStep[];
  readonly limits?: readonly LimitResult[];
  readonly growth?: readonly GrowthRow[];
  readonly models?: readonly ModelResult[];
  readonly peers?: Peers;
  readonly torch?: Torch;
  readonly allocation?: Allocation;
}

/** What was measured of one optimizer at one size, with the ratios that the project is judged by. */
export function throughputOf(
  which: Case,
  elements: number,
  trainees: readonly Trainee[],
  series: readonly Series[],
  { rounds }: Settings,
): Throughput {
  const rows = trainees.map(({ name, kind }, i) => {
    return { name, kind, nsPerElement: spread(series[i].map((ns) => ns / elements)) };
  });
  const find = (wanted: string) => series[trainees.findIndex(({ name }) => name === wanted)];
  const native = trainees.find(({ kind }) => kind === 'native')?.name;
  const pairs: readonly (readonly [string, slow: string, fast: string])[] = [
    ...(native === undefined
      ? []
      : ([
          [`${native}: times the hoisted loop's speed`, 'hoisted loop', native],
          [`${native}: times the naive loop's speed`, 'naive loop', native],
          [`${native}: share of the memory limit`, 'limit: memory', native],
          [`${native}: share of the ÷ and √ limit`, 'limit: ÷ and √', native],
        ] as const)),
    ["typescript: times the hoisted loop's speed", 'hoisted loop', 'typescript'],
    ["typescript: times the naive loop's speed", 'naive loop', 'typescript'],
  ];
  const ratios = pairs.flatMap(([name, slow, fast]) => {
    const [numerator, denominator] = [find(slow), find(fast)];
    return numerator && denominator ? [{ name, value: ratio(numerator, denominator) }] : [];
  });
  return { ...which, elements, rounds, rows, ratios };
}

/** Five digits: more would claim a precision that the spread denies. */
export function json(results: Results): string {
  const shorten = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  return `${JSON.stringify(results, shorten, 2)}\n`;
}
