// Whether arrays are still what they were when they were bound, asked in the cheapest way that there is.
//
// What stands between bound memory and a step that writes it relies on nothing that a program can replace: neither methods of
// lists, nor setters of elements that a list does not have yet.

import { type FloatArray, isResizable, lengthOf, plainView } from './arrays.js';

const { create, defineProperty } = Object;

/** As `push`, which would call a setter of Array.prototype. */
function append<T>(list: T[], value: T): void {
  const own: PropertyDescriptor = create(null);
  own.value = value;
  own.writable = own.enumerable = own.configurable = true;
  defineProperty(list, list.length, own);
}

/**
 * Watches arrays for being detached or shrunk. Their last elements are looked at, through views of our own: a load that V8
 * compiles into the loop, where the `length` getter is a call. A view over a buffer of fixed length reaches its last
 * element until the buffer is detached.
 */
export class Watch {
  readonly #views: FloatArray[] = [];
  readonly #lasts: number[] = [];
  /**
   * Not where an array was another by then, where it has no last element to look at, or where its buffer can grow under it,
   * which a view does not see.
   */
  #canTell = true;

  /** @param length that the array must have */
  add(array: FloatArray, length: number): void {
    this.#canTell &&= length > 0 && lengthOf(array) === length && !isResizable(array);
    if (!this.#canTell) return; // there may be nothing to view any more
    append(this.#views, plainView(array));
    append(this.#lasts, length - 1);
  }

  /** Whether all have the length that they had. `false` where that is not known: their lengths are to be asked for then. */
  isIntact(): boolean {
    const views = this.#views;
    const lasts = this.#lasts;
    for (let i = 0; i < views.length; i++) if (views[i][lasts[i]] === undefined) return false;
    return this.#canTell;
  }
}
