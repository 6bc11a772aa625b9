// Two modes: parameters are the points where gradients are taken, or the weights that these are taken for.

import type { FloatArray } from './arrays.js';
import { neutralPrologue } from './definition.js';
import type { Backend, Plan } from './plan.js';
import { lerp } from './rules/lerp.js';
import { prologueWidth, rowWidth } from './rules/prologue.js';

/** Parameters, each with an array of its type and length at the other end of a line. */
export class Lines {
  readonly #plan: Plan;
  readonly #coefficients: Float64Array;
  readonly #rows: Int32Array;

  constructor(backend: Backend, params: readonly FloatArray[], ends: readonly FloatArray[]) {
    this.#coefficients = new Float64Array(params.length * rowWidth(lerp));
    this.#rows = new Int32Array(params.length);
    const tensors = params.map((param) => [param]);
    this.#plan = backend.bind(lerp, tensors, this.#coefficients, this.#rows, new Float64Array(0));
    this.#plan.bindGrads(ends);
  }

  /** Moves each parameter that `moves` by `share` of the way to its end. The arrays must have been checked. */
  move(share: number, moves: (i: number) => boolean): void {
    neutralPrologue(this.#coefficients, prologueWidth);
    this.#coefficients[prologueWidth + lerp.coefficients.share] = share;
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i] = moves(i) ? 0 : -1;
    this.#plan.step();
  }
}
