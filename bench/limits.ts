// The subjects of one case with those of the probe: the loops that say how fast a step could be.

import { backend } from 'lockstep';
import { bytesPerElement, bytesPerSubject, type Case, type Trainee, trainees } from '../dist/bench/subjects.js';
import { fasterStream, type Probe } from './probe.js';

function hasLimits({ optimizer, dtype }: Case, probe: Probe | null): boolean {
  return optimizer === 'Adam' && dtype === 'f32' && probe?.limits !== undefined;
}

/** How many bytes the subjects of one case take together. */
export function bytesFor(which: Case, elements: number): number {
  const subjects = backend().available.length + 2;
  return 2 * elements * bytesPerElement(which.dtype) + subjects * bytesPerSubject(which, elements);
}

/** All subjects of one case and size, on every backend. */
export function traineesWithLimits(which: Case, elements: number, probe: Probe | null): readonly Trainee[] {
  const runs = backend().available.map((name) => ({ backend: name }));
  const all = trainees(which, elements, runs);
  return [...all, ...(hasLimits(which, probe) ? limitTrainees(all[0], probe) : [])];
}

/** The loops walk over the optimizer's own arrays: where arrays lie is part of what a walk costs. */
function limitTrainees({ grad, arrays }: Trainee, probe: Probe | null): readonly Trainee[] {
  if (probe?.limits === undefined || grad === undefined) return [];
  const [param, ...state] = arrays as readonly Float32Array[];
  const loops = probe.limits(grad as Float32Array, param, ...state);
  const { divRoot } = loops;
  if (divRoot === undefined) throw new Error('the probe has no loop with a division and a root for three arrays');
  // They have only the addresses of what they work on: the arrays stand here to stay alive.
  return [
    { name: 'limit: memory', kind: 'limit', step: fasterStream(loops), arrays, grad },
    { name: 'limit: ÷ and √', kind: 'limit', step: divRoot, arrays, grad },
  ];
}
