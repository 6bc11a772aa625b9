// Whether arrays are still what they were when they were bound, asked in the cheapest way that there is.

import { type FloatArray, isResizable, lengthOf, plainView } from './arrays.js';

/**
 * Watches arrays for being detached or shrunk. Their last elements are looked at, through views of our own: a load that V8
 * compiles into the loop, where the `length` getter is a call. A view over a buffer of fixed length reaches its last
 * element until the buffer is detached.
 */
export class Watch {
  readonly #views: readonly FloatArray[];
  readonly #lasts: readonly number[];
  /** A view does not see a buffer grow under an array that grows with it. */
  readonly #canTell: boolean;

  constructor(arrays: readonly FloatArray[]) {
    const watched = arrays.filter((array) => lengthOf(array) > 0);
    this.#views = watched.map(plainView);
    this.#lasts = watched.map((array) => lengthOf(array) - 1);
    this.#canTell = !watched.some(isResizable);
  }

  /** Whether all have the length that they had. `false` where that is not known: their lengths are to be asked for then. */
  isIntact(): boolean {
    const views = this.#views;
    const lasts = this.#lasts;
    for (let i = 0; i < views.length; i++) if (views[i][lasts[i]] === undefined) return false;
    return this.#canTell;
  }
}
