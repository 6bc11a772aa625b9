// The shapes in which parameters, gradients and state come: arrays or records, all of the same names.

import { arrayAdvice, isNoRecord, shapeAdvice } from './advice.js';
import { type Dtype, dtypeOf, type FloatArray, isDetached, isWhole, lengthOf } from './arrays.js';
import { describe, rangeError, typeError } from './errors.js';
import { entriesOf } from './own.js';

/**
 * Parameters in a group: a record with names that no other group has, or a list, which counts on from the group before.
 * What else stands in the group are its options, where they are not those of the optimizer.
 */
export interface Group {
  readonly params: Readonly<Record<string, FloatArray | undefined>> | readonly FloatArray[];
}

/** Parameters: an array or a record of `Float32Array | Float64Array`, or a list of groups of such. */
export type Params<P> = { readonly [K in keyof P]: FloatArray | Group };

/** The arrays or records of all groups as one. */
type Merged<Q> = [Q] extends [readonly unknown[]] ? readonly FloatArray[] : Required<Intersection<Q>>;

type Intersection<Q> = (Q extends unknown ? (each: Q) => void : never) extends (all: infer All) => void ? All : never;

/** Parameters by name or by index, whether they came in groups or not. */
export type Shape<P> = P extends readonly Group[] ? Merged<P[number]['params']> : P;

type SameDtype<A> = A extends Float32Array ? Float32Array : A extends Float64Array ? Float64Array : FloatArray;

/**
 * Gradients: the same shape as the parameters, each of its parameter's type and length.
 * `null` means that there is no gradient this time, which is not the same as a gradient of zeros: the parameter is left
 * alone whole, with its state and its step count.
 */
export type Grads<P extends Params<P>> = GradsOf<Shape<P>>;

// Mapped over a type of its own, so that a list stays one.
type GradsOf<S> = { readonly [K in keyof S]: SameDtype<S[K]> | null };

/**
 * Whether params come in groups: a list of objects that have params of their own.
 *
 * @throws TypeError `ERR_INVALID_PARAMS` where some of the list have and others have not
 */
export function isGroups(params: unknown): params is readonly { readonly params: unknown }[] {
  if (!Array.isArray(params) || params.length === 0) return false;
  const entries = entriesOf(params);
  const isGroup = entries.map((entry) => typeof entry === 'object' && entry !== null && Object.hasOwn(entry, 'params'));
  const other = isGroup.indexOf(false);
  if (other < 0) return true;
  if (!isGroup.includes(true)) return false;
  const expected = `params[${other}] must be a group with params, as params[${isGroup.indexOf(true)}] is`;
  throw typeError('ERR_INVALID_PARAMS', `${expected}, received ${describe(entries[other])}`);
}

/**
 * The state of one parameter: how many steps it took, numbers that it carries, and arrays of its type and length. A name that
 * ends in `?`, such as `maxExpAvgSq?`, is that of an array that only some options make.
 */
export type ParamState<A, Names extends string, Numbers extends string = never> = string extends Names
  ? AnyParamState
  : {
      readonly [Name in 'step' | Numbers]: number;
    } & {
      readonly [Name in Names as Name extends `${string}?` ? never : Name]: SameDtype<A>;
    } & {
      readonly [Name in Names as Name extends `${infer Bare}?` ? Bare : never]?: SameDtype<A>;
    };

/** The state of a parameter, whatever its optimizer. */
export type AnyParamState = { readonly step: number } & { readonly [name: string]: number | FloatArray | undefined };

/** Any parameters, by name or as a list. */
export type AnyParams = Readonly<Record<string, FloatArray>> | readonly FloatArray[];

/** The state of every parameter, under the same names or indexes. */
export type State<P extends Params<P>, Names extends string, Numbers extends string = never> = StateOf<
  Shape<P>,
  Names,
  Numbers
>;

type StateOf<S, Names extends string, Numbers extends string> = {
  readonly [K in keyof S]: ParamState<S[K], Names, Numbers>;
};

/** One parameter, with what messages call it and its gradient. */
export interface Param {
  readonly name: string | number;
  readonly label: string;
  readonly gradLabel: string;
  readonly array: FloatArray;
  readonly dtype: Dtype;
  /** In elements, when it was bound. */
  readonly length: number;
}

/** `.w`, as in `params.w`; `[2]` and `["a-b"]` where a dot cannot stand. */
export function access(name: string | number): string {
  if (typeof name === 'number') return `[${name}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** What messages call what belongs to a parameter: `params.w`, `grads[2]`, `state.w`, `averages["a-b"]`. */
export function labelOf(what: 'params' | 'grads' | 'state' | 'averages', name: string | number): string {
  return what + access(name);
}

/**
 * @param first the index of the first, where params are a list that others stand before
 * @param label what messages call the whole: `groups[1].params`
 * @throws TypeError `ERR_INVALID_PARAMS`, `ERR_DTYPE` or `ERR_DETACHED`
 */
export function readParams(params: unknown, first = 0, label = 'params'): readonly Param[] {
  if (typeof params !== 'object' || params === null || ArrayBuffer.isView(params) || isNoRecord(params)) {
    const expected = `${label} must be an array or a record of Float32Array or Float64Array`;
    throw typeError('ERR_INVALID_PARAMS', `${expected}, received ${describe(params)}${shapeAdvice(params, label)}`);
  }
  const names: readonly (string | number)[] = Array.isArray(params)
    ? Array.from({ length: params.length }, (_, index) => first + index)
    : Object.keys(params);
  if (names.length === 0) {
    throw typeError(
      'ERR_INVALID_PARAMS',
      `${label} must hold at least one array, received none${label === 'params' ? '' : ': leave the group out'}`,
    );
  }
  // All are read before any is measured: a getter or a proxy may run code here.
  const values = Array.isArray(params)
    ? entriesOf(params)
    : names.map((name) => (params as Readonly<Record<string, unknown>>)[name]);
  return names.map((name, i) => readParam(name, values[i]));
}

function readParam(name: string | number, value: unknown): Param {
  const label = labelOf('params', name);
  const dtype = dtypeOf(value);
  if (dtype === undefined) {
    const expected = `${label} must be a Float32Array or a Float64Array`;
    throw typeError('ERR_DTYPE', `${expected}, received ${describe(value)}${arrayAdvice(value, label)}`);
  }
  const array = value as FloatArray;
  if (isDetached(array)) refuseLength(array, label, '');
  return { name, label, gradLabel: labelOf('grads', name), array, dtype, length: lengthOf(array) };
}

/**
 * Checks that arrays still have the length that they were read with: to read the params after them may have run code.
 *
 * @throws TypeError `ERR_DETACHED` or RangeError `ERR_LENGTH`
 */
export function checkUnchanged(params: readonly Param[]): void {
  for (const { array, length, label } of params) {
    if (!isWhole(array, length)) refuseLength(array, label, `it had ${length} when it was read`);
  }
}

/** Throws for an array whose length is not the one that it must have. */
export function refuseLength(array: FloatArray, label: string, expected: string): never {
  if (isDetached(array)) {
    throw typeError('ERR_DETACHED', `${label} must have its memory, but its buffer was detached or transferred`);
  }
  throw rangeError('ERR_LENGTH', `${label} has ${lengthOf(array)} elements, ${expected}`);
}
