// Bytes of JavaScript's heap that a bound step allocates.

import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { backend } from 'lockstep';
import { freshCopy } from '../dist/bench/measure.js';
import { createOptimizer, fillRealistic } from '../dist/bench/subjects.js';

export interface Allocation {
  readonly steps: number;
  /** Collections while they ran; where there are any, bytes is a lower bound. */
  readonly collections: number;
  readonly bytesPerStep: number;
}

function repeat(step: () => void, calls: number): void {
  for (let i = 0; i < calls; i++) step();
}

const rounds = 3;

/**
 * How far the heap grows in so many steps, without a collection in between. Where there was one, at least one byte a step is
 * counted: a collection comes only when megabytes were allocated. The least of several rounds: what a step allocates it
 * allocates in each, but V8, which may still compile, only in some.
 */
export async function measureAllocation(steps: number): Promise<Allocation> {
  const arrays = (seed: number) => [0, 1, 2, 3].map((i) => fillRealistic(new Float32Array(64), 0.01, seed + i));
  const optimizer = createOptimizer('Adam', arrays(1), backend().available[0]);
  optimizer.bindGrads(arrays(10));
  const step = () => void optimizer.step();
  const loop = freshCopy(repeat);
  loop(step, 200_000); // V8 compiles, which allocates

  let collections = 0;
  let start = Number.POSITIVE_INFINITY;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().filter(({ startTime }) => startTime >= start).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const measured: Allocation[] = [];
  for (let round = 0; round < rounds; round++) {
    start = Number.POSITIVE_INFINITY;
    globalThis.gc?.();
    await setImmediate();
    loop(step, 1000);
    collections = 0;
    const before = getHeapStatistics().used_heap_size;
    start = performance.now();
    loop(step, steps);
    const after = getHeapStatistics().used_heap_size;
    await setImmediate();
    await setImmediate();
    const grown = Math.max(0, after - before) / steps;
    measured.push({ steps, collections, bytesPerStep: collections > 0 ? Math.max(1, grown) : grown });
  }
  observer.disconnect();
  return measured.reduce((least, round) => (round.bytesPerStep < least.bytesPerStep ? round : least));
}
