// Gradients of several calls, gathered for one step.

import { copyInto, type FloatArray, filledLike } from './arrays.js';
import type { Param } from './params.js';
import { type Backend, type Control, newControl, type Plan } from './plan.js';
import { neutralRow } from './rows.js';
import { Sum } from './rules/stages.js';

/** One sum for each parameter, in its own type. */
export class Accumulator {
  readonly #arrays: readonly FloatArray[];
  readonly #plan: Plan;
  readonly #control: Control;
  /** Whether a parameter has a sum. */
  readonly #hasSum: boolean[];
  /** A null for each parameter. */
  readonly #none: readonly null[];
  /** How many calls were gathered. */
  calls = 0;
  /** How many gradients a parameter had in each of these calls: 2 for `step([g0, g1])`. */
  sourceCount = 1;
  /** The `gradScale` that the last of these calls was given for itself, instead of the optimizer's. */
  gradScale: number | undefined;

  constructor(backend: Backend, threads: number, params: readonly Param[]) {
    this.#arrays = params.map(({ array }) => filledLike(array, 0));
    this.#hasSum = params.map(() => false);
    this.#none = params.map(() => null);
    this.#control = newControl(
      params.map(() => Sum),
      threads,
    );
    neutralRow(this.#control.coefficients, 0);
    const tensors = this.#arrays.map((array) => ({ rule: Sum, arrays: [array], average: null }));
    this.#plan = backend.bind(tensors, this.#control);
  }

  /** The sum of parameter `i`, or `null` where no gradient was gathered. */
  of(i: number): FloatArray | null {
    return this.#hasSum[i] ? this.#arrays[i] : null;
  }

  /** Adds gradients, which must have been checked. */
  add(grads: readonly (FloatArray | null)[]): void {
    const { rows } = this.#control;
    for (let i = 0; i < grads.length; i++) {
      const grad = grads[i];
      rows[i] = grad !== null && this.#hasSum[i] ? 0 : -1;
      if (grad === null || this.#hasSum[i]) continue;
      copyInto(this.#arrays[i], grad);
      this.#hasSum[i] = true;
    }
    this.#plan.bindGrads(0, grads);
    this.#plan.step();
    this.#plan.bindGrads(0, this.#none); // holds no gradient longer than this call
  }

  clear(): void {
    this.#hasSum.fill(false);
    this.calls = 0;
  }
}
