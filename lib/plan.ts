// What a backend is: it binds an optimizer's arrays, and the plan that it answers with runs the steps.

import type { FloatArray } from './arrays.js';
import type { Rule } from './rules/rule.js';

/** An instruction set of the addon. */
export type NativeName = 'avx512' | 'avx2' | 'neon' | 'scalar';

/** A backend. All of them write the same bits. */
export type BackendName = NativeName | 'typescript';

/** One optimizer's arrays, bound to a backend. */
export interface Plan {
  /** One sweep over every parameter that has a row and a gradient. */
  step(): void;
  /** Writes the sums of squares that the rule measures, of every parameter that has a row and a gradient, and no array. */
  measure(): void;
  /** Binds a gradient, or `null` for none, to every parameter. They are checked already. */
  bindGrads(grads: readonly (FloatArray | null)[]): void;
}

export interface Backend {
  readonly name: BackendName;
  /**
   * @param tensors each parameter followed by its state
   * @param coefficients rows of a step's scalars in the rule's order, as many rows as parameters; written before each step
   * @param rows each parameter's row, or -1 to leave it alone; written before each step
   * @param sums what `measure` writes: as many numbers a parameter as the rule has measures
   */
  bind(
    rule: Rule,
    tensors: readonly (readonly FloatArray[])[],
    coefficients: Float64Array,
    rows: Int32Array,
    sums: Float64Array,
  ): Plan;
}
