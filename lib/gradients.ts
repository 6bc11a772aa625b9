// Gradients between the user and the plan: read once, checked whole, and only then bound.

import { dtypeOf, type FloatArray, lengthOf, type Memory } from './arrays.js';
import type { Plan } from './backend.js';
import { describe, rangeError, typeError } from './errors.js';
import { type Param, refuseLength } from './params.js';

export class Gradients {
  readonly #params: readonly Param[];
  readonly #written: Memory;
  readonly #isList: boolean;
  readonly #bound: (FloatArray | null)[];
  readonly #incoming: unknown[];
  #anyBound = false;
  /** Whether the gradients of this step were read anew, or are those that are bound. */
  #isNew = false;

  /** @param written the memory that a step writes: no gradient may share any of it */
  constructor(params: readonly Param[], written: Memory, isList: boolean) {
    this.#params = params;
    this.#written = written;
    this.#isList = isList;
    this.#bound = params.map(() => null);
    this.#incoming = params.map(() => null);
  }

  /** Whether parameter `i` has a gradient. */
  has(i: number): boolean {
    return this.#bound[i] !== null;
  }

  /**
   * Reads the gradients from the user's object; without one, takes those that are bound. A getter or a proxy may run
   * code here, so the lengths of all arrays are to be checked after this and not before.
   */
  read(grads: unknown): void {
    const incoming = this.#incoming;
    if (grads === undefined) {
      if (!this.#anyBound) {
        throw typeError(
          'ERR_INVALID_GRADS',
          'grads must be given to step, or to bindGrads before it, received undefined',
        );
      }
      this.#isNew = false;
      return;
    }
    this.#isNew = true;
    this.#checkShape(grads);
    for (let i = 0; i < incoming.length; i++) incoming[i] = grads[this.#params[i].name];
  }

  #checkShape(grads: unknown): asserts grads is Readonly<Record<string | number, unknown>> {
    const count = this.#params.length;
    const expected = this.#isList ? 'an array' : 'a record';
    if (typeof grads !== 'object' || grads === null || Array.isArray(grads) !== this.#isList || dtypeOf(grads)) {
      throw typeError('ERR_INVALID_GRADS', `grads must be ${expected} like params, received ${describe(grads)}`);
    }
    if (this.#isList) {
      const given = (grads as readonly unknown[]).length;
      if (given === count) return;
      throw rangeError('ERR_INVALID_GRADS', `grads has ${given} entries, params has ${count}`);
    }
    let given = 0;
    for (const _ in grads) given++;
    if (given <= count) return;
    const known = new Set(this.#params.map(({ name }) => name));
    const unknown = Object.keys(grads).find((name) => !known.has(name));
    if (unknown !== undefined) {
      throw typeError('ERR_INVALID_GRADS', `grads has an entry ${describe(unknown)}, params has none of that name`);
    }
  }

  /** Checks what was read; nothing is bound yet. Runs no code but ours. */
  check(): void {
    const grads = this.#isNew ? this.#incoming : this.#bound;
    for (let i = 0; i < grads.length; i++) {
      const grad = grads[i];
      if (grad === null) continue;
      const param = this.#params[i];
      const isKnown = grad === this.#bound[i];
      if (!isKnown && dtypeOf(grad) !== param.dtype) throw wrongType(param, grad);
      if (lengthOf(grad) !== param.length) {
        refuseLength(grad as FloatArray, param.gradLabel, `${param.label} has ${param.length}`);
      }
      if (!isKnown) this.#written.refuseOverlap(grad as FloatArray, param.gradLabel);
    }
  }

  /** Binds what was read and checked. */
  bind(plan: Plan): void {
    if (!this.#isNew) return;
    const incoming = this.#incoming as (FloatArray | null)[];
    let changed = !this.#anyBound;
    for (let i = 0; i < incoming.length; i++) {
      if (incoming[i] === this.#bound[i]) continue;
      this.#bound[i] = incoming[i];
      changed = true;
    }
    if (changed) plan.bindGrads(this.#bound);
    this.#anyBound = true;
  }
}

function wrongType(param: Param, grad: unknown) {
  const type = param.dtype === 'f32' ? 'Float32Array' : 'Float64Array';
  const code = grad === undefined ? 'ERR_INVALID_GRADS' : 'ERR_DTYPE';
  return typeError(
    code,
    `${param.gradLabel} must be a ${type} like ${param.label}, or null, received ${describe(grad)}`,
  );
}
