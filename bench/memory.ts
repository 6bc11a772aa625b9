// Adam at sizes that no cache holds and at those that one does, on one thread and on several, against the limits of the
// machine; and one thread over all sizes.

import { Adam, backend } from 'lockstep';
import {
  measureInTurn,
  ratio,
  type Series,
  type Settings,
  type Spread,
  type Subject,
  spread,
} from '../dist/bench/measure.js';
import { fillRealistic } from '../dist/bench/subjects.js';
import { fasterStream, type Probe } from './probe.js';

export interface LimitRow {
  readonly name: string;
  readonly threads: number;
  readonly nsPerElement: Spread;
  /** The loop that only streams, on as many threads, over this: 1 reaches the limit. */
  readonly shareOfStream?: Spread;
  /** The same of the loop that has the divisions and roots, on one thread. */
  readonly shareOfDivRoot?: Spread;
  /** One thread's time over this. */
  readonly timesOneThread: Spread;
}

export interface LimitResult {
  readonly elements: number;
  readonly rounds: number;
  readonly rows: readonly LimitRow[];
}

export interface GrowthRow {
  readonly elements: number;
  readonly rounds: number;
  readonly nsPerElement: Spread;
}

/** What Adam's arrays take: param, gradient and two of state. */
export const adamBytes = 4 * Float32Array.BYTES_PER_ELEMENT;

interface Adam32 {
  readonly step: () => void;
  /** As the probe wants them: gradient, parameter, state. */
  readonly arrays: readonly [grad: Float32Array, param: Float32Array, ...state: Float32Array[]];
}

function adam(elements: number, threads: number): Adam32 {
  const param = fillRealistic(new Float32Array(elements), 0.05, 2);
  const grad = fillRealistic(new Float32Array(elements), 0.01, 1);
  const optimizer = new Adam([param], { threads });
  optimizer.bindGrads([grad]);
  optimizer.step();
  const { expAvg, expAvgSq } = optimizer.state[0];
  return { step: () => void optimizer.step(), arrays: [grad, param, expAvg as Float32Array, expAvgSq as Float32Array] };
}

/** Elements from which on the limit is measured on several threads, too. */
const startsThreadsFrom = 4 * 2 ** 20;

/** Bytes of the subjects of measureLimits. */
export function limitBytes(elements: number, threads: readonly number[]): number {
  return threads.length * elements * adamBytes;
}

/**
 * The limits walk over the arrays of the optimizer that has as many threads: where arrays lie is part of what a walk costs.
 *
 * @param threads the first must be 1
 */
export function measureLimits(
  probe: Probe | null,
  elements: number,
  threads: readonly number[],
  settings: Settings,
): LimitResult {
  const lockstep = threads.map((count) => ({ name: `lockstep ${count}`, count, ...adam(elements, count) }));
  const limits = lockstep.flatMap(({ count, arrays }): readonly Subject[] => {
    if (count > 1 && elements < startsThreadsFrom) return []; // starting them would take longer than streaming
    const loops = probe?.limits?.(count, ...arrays);
    if (loops === undefined) return [];
    const { divRoot } = loops;
    return [
      { name: `stream ${count}`, step: fasterStream(loops) },
      ...(count === 1 && divRoot !== undefined ? [{ name: 'divRoot 1', step: divRoot }] : []),
    ];
  });
  const subjects: readonly Subject[] = [...lockstep, ...limits];
  const timed = new Map(measureInTurn(subjects, settings).map((series, i) => [subjects[i].name, series]));
  const divRoot = timed.get('divRoot 1');
  const [one] = timed.values() as Iterable<Series>;
  const rows = [...timed].map(([name, series]): LimitRow => {
    const [kind, count] = name.split(' ');
    const stream = timed.get(`stream ${count}`);
    return {
      name: kind,
      threads: Number(count),
      nsPerElement: spread(series.map((ns) => ns / elements)),
      ...(kind === 'lockstep' && stream !== undefined && { shareOfStream: ratio(stream, series) }),
      ...(name === 'lockstep 1' && divRoot !== undefined && { shareOfDivRoot: ratio(divRoot, series) }),
      timesOneThread: ratio(one, series),
    };
  });
  // The loops have only the addresses of what they work on: this keeps the arrays until here.
  if (lockstep.some(({ arrays }) => arrays.some(({ length }) => length !== elements)))
    throw new Error('an array has gone');
  return { elements, rounds: settings.rounds, rows };
}

/** All sizes in turn, on one thread of the best backend. */
export function measureGrowth(sizes: readonly number[], settings: Settings): readonly GrowthRow[] {
  const subjects = sizes.map((elements) => ({ name: backend().name, step: adam(elements, 1).step }));
  return measureInTurn(subjects, settings).map((series, i) => ({
    elements: sizes[i],
    rounds: settings.rounds,
    nsPerElement: spread(series.map((ns) => ns / sizes[i])),
  }));
}
