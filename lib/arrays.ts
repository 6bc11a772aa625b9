// What lockstep knows of a TypedArray, asked through intrinsics captured at load: own properties, subclasses, swapped
// prototypes and other realms can neither fake an answer nor run code between a check and the step that relies on it.

import { rangeError } from './errors.js';

/** The arrays that can be trained. They are updated in place and never copied. */
export type FloatArray = Float32Array | Float64Array;

export type Dtype = 'f32' | 'f64';

const prototype: Pick<Float32Array, 'set' | 'fill'> = Object.getPrototypeOf(Uint8Array.prototype);

function captureGetter<T>(key: PropertyKey): (array: unknown) => T {
  const get = Object.getOwnPropertyDescriptor(prototype, key)?.get;
  if (get === undefined) throw new Error(`%TypedArray%.prototype has no getter ${String(key)}`);
  return Function.prototype.call.bind(get);
}

const tagOf = captureGetter<string | undefined>(Symbol.toStringTag);
const bufferOf = captureGetter<ArrayBuffer>('buffer'); // or a SharedArrayBuffer, which serves all the same
const byteOffsetOf = captureGetter<number>('byteOffset');
const byteLengthOf = captureGetter<number>('byteLength');

/** The array's true length in elements; 0 when its buffer was detached or no longer reaches as far as the array. */
export const lengthOf = captureGetter<number>('length');

/** The element type, or `undefined` for anything that is not a `Float32Array` or `Float64Array`. */
export function dtypeOf(value: unknown): Dtype | undefined {
  const tag = tagOf(value);
  if (tag === 'Float32Array') return 'f32';
  return tag === 'Float64Array' ? 'f64' : undefined;
}

/** The class of the arrays of a type, as messages call it. */
export const arrayNames = { f32: 'Float32Array', f64: 'Float64Array' } as const;

/** Rounds a number to a type, as storing it in such an array does. */
export const roundTo: Readonly<Record<Dtype, (value: number) => number>> = { f32: Math.fround, f64: (value) => value };

export function isDetached(array: FloatArray): boolean {
  if (lengthOf(array) !== 0) return false;
  try {
    new Uint8Array(bufferOf(array), 0, 0);
    return false;
  } catch {
    return true;
  }
}

/**
 * Whether the array still has its memory, and this many elements. An array without elements has the length 0 before and
 * after it was detached, so its buffer is asked.
 */
export function isWhole(array: FloatArray, length: number): boolean {
  return lengthOf(array) === length && (length > 0 || !isDetached(array));
}

/** Whether the array's buffer may change its length while it is in use. */
export function isResizable(array: FloatArray): boolean {
  const buffer: object = bufferOf(array);
  for (let i = 0; i < resizableGetters.length; i++) {
    try {
      return resizableGetters[i](buffer);
    } catch {
      // The buffer is of the other kind. To throw takes microseconds: ArrayBuffer, the usual kind, is asked for first.
    }
  }
  return false;
}

/** Of ArrayBuffer and SharedArrayBuffer, where this JavaScript has them. */
const resizableGetters = [
  [ArrayBuffer.prototype, 'resizable'] as const,
  [SharedArrayBuffer.prototype, 'growable'] as const,
].flatMap(([of, key]) => {
  const get: (() => boolean) | undefined = Object.getOwnPropertyDescriptor(of, key)?.get;
  return get === undefined ? [] : [Function.prototype.call.bind(get) as (buffer: object) => boolean];
});

/**
 * An array of the same type and length, all of one value, `start` bytes into its buffer. Never `array.slice()`: a subclass may
 * answer with another type.
 */
export function filledLike(array: FloatArray, value: number, start = 0): FloatArray {
  const [ArrayType, length] = [dtypeOf(array) === 'f32' ? Float32Array : Float64Array, lengthOf(array)];
  const filled =
    start === 0
      ? new ArrayType(length)
      : new ArrayType(new ArrayBuffer(start + length * ArrayType.BYTES_PER_ELEMENT), start, length);
  return value === 0 ? filled : filled.fill(value);
}

const [page, line] = [4096, 64];

/**
 * The same for an array that is swept together with others, `rank` of them made here. Large arrays lie at the start of a
 * page, all of them, and caches take lines at the same place of several pages for one another: a step then takes up to five
 * times as long, depending on which pages these are. So from a few pages on, each rank has a place of its own within the
 * page, far from the start and from the others (multiples of the golden ratio).
 */
export function filledApart(array: FloatArray, value: number, rank: number): FloatArray {
  const share = ((rank + 1) * (3 - Math.sqrt(5))) / 2;
  const start = byteLengthOf(array) < 4 * page ? 0 : Math.round(((share % 1) * page) / line) * line;
  return filledLike(array, value, start);
}

interface Range {
  readonly begin: number;
  readonly end: number;
  readonly label: string;
}

/** Which bytes of which buffers are written by a step. No two arrays that are written may share any. */
export class Memory {
  readonly #ranges = new Map<ArrayBuffer, Range[]>();

  /** @throws RangeError `ERR_OVERLAP` where two of the arrays share memory. */
  constructor(arrays: readonly { readonly array: FloatArray; readonly label: string }[]) {
    for (const { array, label } of arrays) {
      const begin = byteOffsetOf(array);
      const end = begin + byteLengthOf(array);
      if (begin === end) continue;
      const buffer = bufferOf(array);
      const ranges = this.#ranges.get(buffer);
      if (ranges === undefined) this.#ranges.set(buffer, [{ begin, end, label }]);
      else ranges.push({ begin, end, label });
    }
    for (const ranges of this.#ranges.values()) {
      ranges.sort((a, b) => a.begin - b.begin);
      for (let i = 1; i < ranges.length; i++) {
        if (ranges[i].begin < ranges[i - 1].end) throw overlap(ranges[i].label, ranges[i - 1].label);
      }
    }
  }

  /** @throws RangeError `ERR_OVERLAP` when the array, which a step reads, shares memory with one that it writes. */
  refuseOverlap(array: FloatArray, label: string): void {
    const ranges = this.#ranges.get(bufferOf(array));
    if (ranges === undefined) return;
    const begin = byteOffsetOf(array);
    const end = begin + byteLengthOf(array);
    if (begin === end) return; // an array without elements shares nothing, even where it lies within another
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle].end <= begin) low = middle + 1;
      else high = middle;
    }
    if (low < ranges.length && ranges[low].begin < end) throw overlap(label, ranges[low].label);
  }
}

/** The error for two arrays that share memory. */
export function overlap(label: string, other: string) {
  return rangeError('ERR_OVERLAP', `${label} must have memory of its own, but shares some with ${other}`);
}

/** Whether any two of the arrays share memory. Two SharedArrayBuffer objects over the same memory are not seen. */
export function sharesMemory(arrays: readonly FloatArray[]): boolean {
  try {
    new Memory(arrays.map((array) => ({ array, label: '' })));
    return false;
  } catch {
    return true;
  }
}

/** The elements [begin, end) in place. */
export function part<A extends FloatArray>(array: A, begin: number, end: number): A {
  const ArrayType = dtypeOf(array) === 'f32' ? Float32Array : Float64Array;
  const start = byteOffsetOf(array) + begin * ArrayType.BYTES_PER_ELEMENT;
  return new ArrayType(bufferOf(array), start, end - begin) as A;
}

const setInto: (array: FloatArray, from: FloatArray) => void = Function.prototype.call.bind(prototype.set);
const fillWith: (array: FloatArray, value: number) => void = Function.prototype.call.bind(prototype.fill);

/** Copies all elements of an array of the same type and length. */
export function copyInto(array: FloatArray, from: FloatArray): void {
  setInto(array, from);
}

/** Sets all elements to zero. */
export function zero(array: FloatArray): void {
  fillWith(array, 0);
}

const { getPrototypeOf } = Object;
const prototypes: readonly object[] = [Float32Array.prototype, Float64Array.prototype];

/**
 * The array itself or, where it is of a subclass or of another realm, a plain view: V8 compiles loops for one kind of object.
 * Of what it answers only the elements can be trusted, as the array may have a `length` of its own.
 */
export function ofOneKind<A extends FloatArray>(array: A): A {
  return prototypes.includes(getPrototypeOf(array)) ? array : plainView(array);
}

/** The same memory as an array without own properties, of this realm: what a loop can index without surprises. */
export function plainView<A extends FloatArray>(array: A): A {
  return part(array, 0, lengthOf(array));
}
