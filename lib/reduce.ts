// Sums of squares in the one shape that all backends have: src/reduce.h is the same in C++.

import type { FloatArray } from './arrays.js';

/** How many elements are summed apart from the others; the sums of the blocks are then added in order. */
export const blockLength = 4096;

const partialCount = 16;
const partials = new Float64Array(partialCount);

/** Of the first `length` values, at most a block: element i goes to partial sum i mod 16, and these are halved as a tree. */
export function sumOfSquares(values: FloatArray, length: number): number {
  partials.fill(0);
  for (let i = 0; i < length; i++) partials[i % partialCount] += values[i] * values[i];
  for (let half = partialCount / 2; half >= 1; half /= 2) {
    for (let k = 0; k < half; k++) partials[k] += partials[k + half];
  }
  return partials[0];
}
