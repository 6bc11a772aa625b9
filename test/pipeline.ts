// What the tests of the pipeline share: optimizers of any class with all that a step can do, and comparisons to the bit.

import type { AdamW, FloatArray, LockstepError, Pipeline, StepOptions, StepReport } from 'lockstep';
import { expect } from 'vitest';
import { stateNames } from './optimizers.js';

export type Grads = readonly (FloatArray | null)[];

/** An optimizer over a list of parameters, whatever its class. */
export interface AnyOptimizer {
  readonly groups: readonly { lr: unknown; weightDecay: unknown; betas: unknown }[];
  readonly state: readonly Readonly<Record<string, unknown>>[];
  readonly averages: readonly FloatArray[];
  readonly pipeline: { -readonly [K in keyof Pipeline]: Pipeline[K] };
  step(grads?: unknown, options?: StepOptions): StepReport;
  bindGrads(grads: unknown): void;
  flush(options?: StepOptions): StepReport;
  drop(): number;
  addGroup(group: object): void;
  swapAverages(): void;
  dispose(): void;
  train?(): void;
  eval?(): void;
}

/** A class of optimizers; params and options go in unchecked. */
export type AnyClass = (new (params: never, options: never) => object) | typeof AdamW;

export function create(Class: AnyClass, params: unknown, options: object): AnyOptimizer {
  return new (Class as new (params: unknown, options: object) => object)(params, options) as AnyOptimizer;
}

/** Every array that a step may write, but for gradients. */
export function arraysOf(optimizer: AnyOptimizer, params: Grads): readonly FloatArray[] {
  const { ema, swa } = optimizer.pipeline;
  return [
    ...params.filter((param) => param !== null),
    ...optimizer.state.flatMap((state) => stateNames(state).map((name) => state[name] as FloatArray)),
    ...(ema === null && swa === null ? [] : optimizer.averages),
  ];
}

/** The numbers that parameters carry, how many steps they took, and the options of the next step. */
export function numbersOf(optimizer: AnyOptimizer): unknown {
  const numbers = Object.values(optimizer.state).map((state) =>
    Object.fromEntries(Object.entries(state).filter(([, value]) => typeof value === 'number')),
  );
  return structuredClone([numbers, optimizer.groups.map((group) => ({ ...group })), { ...optimizer.pipeline }]);
}

/** Equal to the bit, but for the payload of a NaN. */
export function expectSame(actual: readonly FloatArray[], expected: readonly FloatArray[], what = ''): void {
  expect(actual.length, what).toBe(expected.length);
  for (const [a, right] of expected.entries()) {
    const left = actual[a];
    if (left.length !== right.length) expect.fail(`${what}: array ${a} has another length`);
    for (let i = 0; i < left.length; i++) {
      if (!Object.is(left[i], right[i])) {
        expect.fail(`${what}: array ${a}, element ${i} of ${left.length}: ${left[i]} instead of ${right[i]}`);
      }
    }
  }
}

export function expectThrow(
  run: () => unknown,
  Class: typeof TypeError | typeof RangeError,
  code: LockstepError['code'],
  message: string,
): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Class);
  expect((thrown as Error).message).toBe(message);
  expect(thrown).toHaveProperty('code', code);
}

export const copy = <A extends FloatArray>(array: A): A => array.slice() as A;

/** Sums of squares as src/reduce.h describes them, written anew: blocks of 4096, sixteen partial sums, a tree. */
export function sumOfSquares(values: FloatArray): number {
  let total = 0;
  for (let begin = 0; begin < values.length; begin += 4096) {
    let sums = Array.from({ length: 16 }, () => 0);
    for (let i = begin; i < Math.min(begin + 4096, values.length); i++) sums[(i - begin) % 16] += values[i] * values[i];
    while (sums.length > 1) sums = sums.slice(0, sums.length / 2).map((sum, k) => sum + sums[k + sums.length / 2]);
    total += sums[0];
  }
  return total;
}

/** Rounds to the type of an array. */
export const rounding = (like: FloatArray) => (like instanceof Float32Array ? Math.fround : (value: number) => value);
