// Whether arrays are still what they were when they were bound, asked in the cheapest way that there is.
//
// What stands between bound memory and a step that writes it relies on no built-in that a program can replace: loops, and no
// methods of lists.

import { type FloatArray, isResizable, lengthOf, plainView } from './arrays.js';

/** An array, and the length that it must have. */
export interface Bound {
  readonly array: FloatArray;
  readonly length: number;
}

/** The arrays of all parameters, with the lengths that these have. */
export function boundArrays(
  params: readonly { readonly length: number }[],
  arraysOf: (i: number) => readonly (FloatArray | null)[],
): readonly Bound[] {
  const bound: Bound[] = [];
  for (let i = 0; i < params.length; i++) {
    const arrays = arraysOf(i);
    for (let k = 0; k < arrays.length; k++) {
      const array = arrays[k];
      if (array !== null) bound[bound.length] = { array, length: params[i].length };
    }
  }
  return bound;
}

/**
 * Watches arrays for being detached or shrunk. Their last elements are looked at, through views of our own: a load that V8
 * compiles into the loop, where the `length` getter is a call. A view over a buffer of fixed length reaches its last
 * element until the buffer is detached.
 */
export class Watch {
  readonly #views: FloatArray[] = [];
  readonly #lasts: number[] = [];
  /** Not where an array was another by then, or where its buffer can grow under it, which a view does not see. */
  readonly #canTell: boolean;

  constructor(...lists: readonly (readonly Bound[])[]) {
    let canTell = true;
    for (let l = 0; l < lists.length; l++) {
      const list = lists[l];
      for (let i = 0; i < list.length; i++) {
        const { array, length } = list[i];
        if (length === 0) continue;
        canTell &&= lengthOf(array) === length && !isResizable(array);
        if (!canTell) continue; // there may be nothing to view any more
        const at = this.#views.length;
        this.#views[at] = plainView(array);
        this.#lasts[at] = length - 1;
      }
    }
    this.#canTell = canTell;
  }

  /** Whether all have the length that they had. `false` where that is not known: their lengths are to be asked for then. */
  isIntact(): boolean {
    const views = this.#views;
    const lasts = this.#lasts;
    for (let i = 0; i < views.length; i++) if (views[i][lasts[i]] === undefined) return false;
    return this.#canTell;
  }
}
