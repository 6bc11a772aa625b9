// Running averages of the weights: what they are before there is one, and how they change places with the weights.

import { copyInto, type FloatArray, filledLike, isWhole, zero } from './arrays.js';
import type { Param } from './params.js';

/**
 * The arrays of averages that hold a copy of the weights for now, since their parameters have no average yet. An array is
 * zeroed right before its first average is taken: average + 1·(W − average) is W, to the bit, only where the average is 0.
 */
export class Placeholders {
  readonly #isFilled: boolean[] = [];

  /** Whether the array of parameter `i` must be zeroed before its first average is taken. */
  has(i: number): boolean {
    return this.#isFilled[i] === true;
  }

  /** Copies the weights of parameter `i`; leaves an array alone that was detached or resized, which the next step refuses. */
  fill(i: number, average: FloatArray, { array: weights, length }: Param): void {
    if (!isWhole(average, length) || !isWhole(weights, length)) return;
    copyInto(average, weights);
    this.#isFilled[i] = true;
  }

  clear(i: number, average: FloatArray): void {
    zero(average);
    this.#isFilled[i] = false;
  }
}

/** Exchanges all elements of two arrays of the same type and length. */
export function swap(a: FloatArray, b: FloatArray): void {
  const kept = filledLike(a, 0);
  copyInto(kept, a);
  copyInto(a, b);
  copyInto(b, kept);
}

/** Runs a function, and then `end`: once the promise settles, where the function returns one. */
export function thenFinally<T>(run: () => T, end: () => void): T {
  let isPending = false;
  try {
    const result = run();
    isPending = isThenable(result);
    return isPending ? (Promise.resolve(result).finally(end) as T) : result;
  } finally {
    if (!isPending) end();
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
