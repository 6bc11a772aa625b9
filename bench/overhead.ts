// What a step costs besides its elements: small tensors, bound or fresh gradients, against an empty Node-API call.

import { type BackendName, backend } from 'lockstep';
import {
  measureInTurn,
  ratio,
  type Series,
  type Settings,
  type Spread,
  type Subject,
  spread,
} from '../dist/bench/measure.js';
import { createOptimizer, fillRealistic, loopTrainee } from '../dist/bench/subjects.js';
import type { Probe } from './probe.js';

export interface Overhead {
  readonly name: string;
  readonly ns: Spread;
  /** How many empty Node-API calls it takes; absent where there is no probe. */
  readonly calls?: Spread;
}

const elements = 64;
const many = 100;

function arrays(count: number, length: number, seed: number): readonly Float32Array[] {
  const lengths = new Array<number>(count).fill(length);
  return lengths.map((n, i) => fillRealistic(new Float32Array(n), 0.01, seed + i));
}

export const overheadNames = (on: string) => ({
  one: `${on}: step(), 1 tensor`,
  oneSame: `${on}: step(grads), 1 tensor, the same arrays`,
  oneFresh: `${on}: step(grads), 1 tensor, other arrays each time`,
  many: `${on}: step(), ${many} tensors`,
  manySame: `${on}: step(grads), ${many} tensors, the same arrays`,
  manyFresh: `${on}: step(grads), ${many} tensors, other arrays each time`,
  long: `${on}: step(), 1 tensor of ${many * elements} elements`,
  besides: `${on}: step(), 1 tensor, besides its elements`,
  further: `${on}: each further tensor, besides its elements`,
  fresh: `${on}: other arrays each time, for each tensor of ${many}`,
});

function subjectsOn(on: BackendName): readonly Subject[] {
  const create = (count: number, length = elements) => createOptimizer('Adam', arrays(count, length, 1), on);
  const bound = (count: number, length = elements) => {
    const optimizer = create(count, length);
    optimizer.step(arrays(count, length, 1000));
    return () => void optimizer.step();
  };
  const same = (count: number) => {
    const [optimizer, grads] = [create(count), arrays(count, elements, 1000)];
    return () => void optimizer.step(grads);
  };
  // Two sets in alternation: never the arrays of the step before, without the cost of making arrays.
  const fresh = (count: number) => {
    const optimizer = create(count);
    let [next, other] = [arrays(count, elements, 1000), arrays(count, elements, 2000)];
    return () => {
      optimizer.step(next);
      [next, other] = [other, next];
    };
  };
  const name = overheadNames(on);
  return [
    { name: name.one, step: bound(1) },
    { name: name.oneSame, step: same(1) },
    { name: name.oneFresh, step: fresh(1) },
    { name: name.many, step: bound(many) },
    { name: name.manySame, step: same(many) },
    { name: name.manyFresh, step: fresh(many) },
    { name: name.long, step: bound(1, many * elements) },
  ];
}

/** As many elements in one tensor and in a hundred: what the hundred take longer is the price of being many. */
function derived(on: BackendName, timed: ReadonlyMap<string, Series>): readonly (readonly [string, Series])[] {
  const name = overheadNames(on);
  const [one, hundred, long, fresh] = [name.one, name.many, name.long, name.manyFresh].map(
    (row) => timed.get(row) ?? [],
  );
  const perTensor = one.map((ns, round) => (long[round] - ns) / (many - 1)); // the elements of one tensor
  return [
    [name.besides, one.map((ns, round) => ns - perTensor[round])],
    [name.further, hundred.map((ns, round) => (ns - long[round]) / (many - 1))],
    [name.fresh, fresh.map((ns, round) => (ns - hundred[round]) / many)],
  ];
}

/** Adam over f32 tensors of 64 elements on the best backend and in TypeScript. */
export function measureOverhead(probe: Probe | null, settings: Settings): readonly Overhead[] {
  const backends = [...new Set<BackendName>([backend().available[0], 'typescript'])];
  const subjects: readonly Subject[] = [
    ...(probe === null ? [] : [{ name: 'empty Node-API call', step: () => probe.empty() }]),
    { ...loopTrainee('hoisted', 'Adam', arrays(1, elements, 1)[0], arrays(1, elements, 2)[0]), name: 'hoisted loop' },
    ...backends.flatMap(subjectsOn),
  ];
  const timed = new Map(measureInTurn(subjects, settings).map((series, i) => [subjects[i].name, series]));
  for (const on of backends) {
    for (const [name, series] of derived(on, timed)) timed.set(name, series);
  }
  const empty = timed.get('empty Node-API call');
  return [...timed].map(([name, ns]) => ({ name, ns: spread(ns), ...(empty && { calls: ratio(ns, empty) }) }));
}
