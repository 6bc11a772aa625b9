// Before anything is timed: all backends must have written the same bits, and the loops must compute the same thing.

import type { FloatArray } from '../arrays.js';
import type { Trainee } from './subjects.js';

/** What is thrown where two backends, or a backend and a loop, did not compute the same. */
export class Disagreement extends Error {}

function bytesOf({ buffer, byteOffset, byteLength }: FloatArray): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Where the bits of two arrays differ first, or -1. */
function firstDifferent(a: FloatArray, b: FloatArray): number {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  return left.equals(right) ? -1 : Math.floor(left.findIndex((byte, i) => byte !== right[i]) / a.BYTES_PER_ELEMENT);
}

/** The loops round less often, so they are alike to this share of the value. */
const tolerance = 1e-5;
/** A weight that a step takes through zero keeps the rounding error of the larger one that it was. */
const weightTolerance = 1e-8;

/** Where two arrays are not alike, or -1. */
function firstUnlike(a: FloatArray, b: FloatArray, nearZero: number): number {
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i], b[i]];
    if (!(Math.abs(left - right) <= tolerance * (Math.abs(left) + Math.abs(right)) + nearZero)) return i;
  }
  return -1;
}

/**
 * Takes every subject a few steps and compares all their arrays.
 *
 * @param what is measured, for the error
 * @param weights which of their arrays are weights: the parameter, and averages of it
 * @returns how many elements of other backends were compared, bit by bit, with the first one's
 * @throws Disagreement at the first difference
 */
export function checkAlike(trainees: readonly Trainee[], what: string, weights = [0], steps = 2): number {
  for (const { kind, step, prepare } of trainees) {
    if (kind === 'limit') continue;
    for (let i = 0; i < steps; i++) {
      prepare?.();
      step();
    }
  }
  const [reference, ...others] = trainees.filter(({ kind }) => kind !== 'limit');
  let compared = 0;
  for (const { name, kind, arrays } of others) {
    for (const [k, array] of arrays.entries()) {
      const expected = reference.arrays[k];
      if (kind === 'loop') {
        const i = firstUnlike(expected, array, weights.includes(k) ? weightTolerance : 0);
        if (i < 0) continue;
        throw new Disagreement(
          `${what}: ${name}, array ${k}, element ${i} is ${array[i]}, ${reference.name} has ${expected[i]}`,
        );
      }
      const i = firstDifferent(expected, array);
      if (i >= 0) {
        const [mine, theirs] = [array, expected].map((values) => values[i]);
        const where = `array ${k}, element ${i} of ${array.length}: ${mine} and ${theirs}`;
        throw new Disagreement(`${what}: ${name} and ${reference.name} differ in ${where}`);
      }
      compared += array.length;
    }
  }
  return compared;
}
