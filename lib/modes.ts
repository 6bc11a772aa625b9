// Schedule-Free optimizers keep params at y while training and at x for evaluation. Both lie on one line with z.

import type { FloatArray } from './arrays.js';
import { type Backend, type Control, newControl, type Plan, ruleStart } from './plan.js';
import { neutralRow } from './rows.js';
import { Lerp } from './rules/lerp.js';

/** Parameters, each with an array of its type and length at the other end of a line. */
export class Lines {
  readonly #plan: Plan;
  readonly #control: Control;

  constructor(backend: Backend, threads: number, params: readonly FloatArray[], ends: readonly FloatArray[]) {
    this.#control = newControl(
      params.map(() => Lerp),
      threads,
    );
    this.#plan = backend.bind(
      params.map((param) => ({ rule: Lerp, arrays: [param], average: null })),
      this.#control,
    );
    this.#plan.bindGrads(0, ends);
  }

  /** Moves each parameter that `moves` by its share of the way to its end. The arrays must have been checked. */
  move(shares: readonly number[], moves: (i: number) => boolean): void {
    const { coefficients, width, rows } = this.#control;
    // A loop of our own: `forEach` may have been replaced, and no code of the user's may run between check and step.
    for (let i = 0; i < shares.length; i++) {
      neutralRow(coefficients, i * width);
      coefficients[i * width + ruleStart + Lerp.coefficients.share] = shares[i];
      rows[i] = moves(i) ? i : -1;
    }
    this.#plan.step();
  }
}
