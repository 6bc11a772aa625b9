// What a rule is in TypeScript, and the operations of rules that JavaScript does not have: the counterpart of src/rules/rule.h
// and of one register of src/simd/. The rules beside this file are written by `npm run rules` from src/rules/*.h.
//
// The f64 loop of a rule is the equation as it stands. The f32 loop rounds each operation with Math.fround: a sum, difference,
// product, quotient or square root of float32 values that is computed in f64 and rounded once is exactly the float32 result.

import type { FloatArray } from '../arrays.js';

/**
 * Updates every element of one parameter in place. `c` holds the step's coefficients, rounded to the array's type. The loop
 * reads `params.length` once, before it starts: once any buffer of the process was transferred, V8 would check for each element
 * whether the array is still attached.
 */
export type Update<A extends FloatArray> = (c: A, params: A, grads: A, states: readonly A[]) => void;

/**
 * Writes what the rule measures into `values`, one array a measure, from the arrays that `update` would see. Changes none of
 * them. lib/reduce.ts sums the squares.
 */
export type Measure<A extends FloatArray> = (
  c: A,
  params: A,
  grads: A,
  states: readonly A[],
  values: readonly A[],
) => void;

/** Values whose sums of squares a rule needs before its step, for norms and counts. */
export interface Measures {
  readonly names: readonly string[];
  readonly f32: Measure<Float32Array>;
  readonly f64: Measure<Float64Array>;
}

export interface Rule {
  /** The name of the C++ struct. */
  readonly name: string;
  /** Where each coefficient stands in the rule's part of a row. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** The state arrays, in order. Each starts at zero unless the optimizer says otherwise. */
  readonly state: readonly string[];
  readonly f32: Update<Float32Array>;
  readonly f64: Update<Float64Array>;
  readonly measures?: Measures;
  /**
   * Changes the rule's scalars, which start at `row[at]`, by what it measured, where that depends on no option: the sums of
   * squares start at `sums[sumsAt]`.
   *
   * @param length how many elements the parameter has
   */
  adapt?(row: Float64Array, at: number, sums: Float64Array, sumsAt: number, length: number): void;
}

/** How many sums of squares the rule needs before its step. */
export function measureCount(rule: Rule): number {
  return rule.measures?.names.length ?? 0;
}

/** `indexes('a', 'b')` is `{ a: 0, b: 1 }`. */
export function indexes<const Names extends readonly string[]>(...names: Names) {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Readonly<Record<Names[number], number>>;
}

/** a > b ? a : b. Never `Math.max`, which differs on NaN and −0. */
export function max(a: number, b: number): number {
  if (a > b) return a;
  return b;
}

/** 1, −1, 0 for either zero, and NaN for NaN. Signs of gradients are as good as random: a branch on one costs more than a step. */
export function sign(a: number): number {
  return Number.isNaN(a) ? a : Number(a > 0) - Number(a < 0);
}

/** low <= high. NaN stays NaN. */
export function limit(a: number, low: number, high: number): number {
  if (a > high) return high;
  if (low > a) return low;
  return a;
}

/** `limit(a, 0 - bound, bound)` for bound >= 0, with a branch on the size of a, which is foreseeable, and none on its sign. */
export function clamp(a: number, bound: number): number {
  return Math.abs(a) > bound ? 0 + sign(a) * bound : a; // 0 + makes 0 of -0
}
