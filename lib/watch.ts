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
  /** Not where an array was another by then, or where its buffer can grow under it, which a view does not see. */
  readonly #canTell: boolean;

  /** @param arrays with the lengths that they must have */
  constructor(arrays: readonly { readonly array: FloatArray; readonly length: number }[]) {
    const watched = arrays.filter(({ length }) => length > 0);
    this.#canTell = watched.every(({ array, length }) => lengthOf(array) === length && !isResizable(array));
    this.#views = this.#canTell ? watched.map(({ array }) => plainView(array)) : [];
    this.#lasts = watched.map(({ length }) => length - 1);
  }

  /** Whether all have the length that they had. `false` where that is not known: their lengths are to be asked for then. */
  isIntact(): boolean {
    const views = this.#views;
    const lasts = this.#lasts;
    for (let i = 0; i < views.length; i++) if (views[i][lasts[i]] === undefined) return false;
    return this.#canTell;
  }
}
