// Sums of squares in the one shape that all backends have: src/reduce.h is the same in C++.

import type { FloatArray } from './arrays.js';

/** How many elements are summed apart from the others; the sums of the blocks are then added in order. */
export const blockLength = 4096;

const partialCount = 16;
const partials = new Float64Array(partialCount);

/**
 * Of the first `length` values, at most a block: element i goes to partial sum i mod 16, and these are halved as a tree.
 * Four partial sums are formed at a time, since that many stay in registers.
 */
export function sumOfSquares(values: FloatArray, length: number): number {
  for (let k = 0; k < partialCount; k += 4) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let i = k;
    for (; i + 3 < length; i += partialCount) {
      const value0 = values[i];
      const value1 = values[i + 1];
      const value2 = values[i + 2];
      const value3 = values[i + 3];
      sum0 += value0 * value0;
      sum1 += value1 * value1;
      sum2 += value2 * value2;
      sum3 += value3 * value3;
    }
    partials[k] = sum0;
    partials[k + 1] = sum1;
    partials[k + 2] = sum2;
    partials[k + 3] = sum3;
    for (let j = 0; i + j < length; j++) partials[k + j] += values[i + j] * values[i + j]; // at most three
  }
  for (let half = partialCount / 2; half >= 1; half /= 2) {
    for (let k = 0; k < half; k++) partials[k] += partials[k + half];
  }
  return partials[0];
}
