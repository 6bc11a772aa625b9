// The subjects of one case with those of the probe: the loops that say how fast a step could be.

import { backend } from 'lockstep';
import {
  bytesPerElement,
  bytesPerSubject,
  type Case,
  fillRealistic,
  type Trainee,
  trainees,
} from '../dist/bench/subjects.js';
import { fasterStream, type Probe } from './probe.js';

function hasLimits({ optimizer, dtype }: Case, probe: Probe | null): boolean {
  return optimizer === 'Adam' && dtype === 'f32' && probe?.limits !== undefined;
}

/** How many bytes the subjects of one case take together. */
export function bytesFor(which: Case, elements: number, probe: Probe | null): number {
  const subjects = backend().available.length + 2 + (hasLimits(which, probe) ? 1 : 0);
  return 2 * elements * bytesPerElement(which.dtype) + subjects * bytesPerSubject(which, elements);
}

/** All subjects of one case and size, on every backend. */
export function traineesWithLimits(which: Case, elements: number, probe: Probe | null): readonly Trainee[] {
  const runs = backend().available.map((name) => ({ backend: name }));
  return [...trainees(which, elements, runs), ...(hasLimits(which, probe) ? limitTrainees(elements, probe) : [])];
}

function limitTrainees(elements: number, probe: Probe | null): readonly Trainee[] {
  if (probe?.limits === undefined) return [];
  const [grad, ...arrays] = [0, 1, 2, 3].map((seed) => fillRealistic(new Float32Array(elements), 0.01, 1 + seed));
  const [param, expAvg, expAvgSq] = arrays;
  for (let i = 0; i < elements; i++) expAvgSq[i] *= expAvgSq[i];
  const loops = probe.limits(grad, param, expAvg, expAvgSq);
  const { divRoot } = loops;
  if (divRoot === undefined) throw new Error('the probe has no loop with a division and a root for three arrays');
  // The loops have only the addresses of what they work on.
  const holding = (step: () => void) => ({ step, held: [grad, ...arrays] });
  return [
    { name: 'limit: memory', kind: 'limit', ...holding(fasterStream(loops)), arrays },
    { name: 'limit: ÷ and √', kind: 'limit', ...holding(divRoot), arrays },
  ];
}
