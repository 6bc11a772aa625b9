// The arrays that a step writes (each parameter, its state and its running average): they share no memory and keep their
// lengths. Messages name them as users do: `params.w`, `state.w.expAvg`, `averages.w`.

import { type FloatArray, isWhole, Memory, overlap } from './arrays.js';
import { labelOf, type Param, refuseLength } from './params.js';
import type { Backend, Control, Plan, SharedMemory } from './plan.js';
import type { Rule } from './rules/rule.js';
import { Watch } from './watch.js';

/** A parameter, and the rule that names its state. */
interface Ruled extends Param {
  readonly group: { readonly rule: Rule };
}

export class Written {
  readonly #params: readonly Ruled[];
  readonly #tensors: readonly (readonly FloatArray[])[];
  readonly #averages: readonly FloatArray[];
  readonly #memory: Memory;
  /** Over all of these arrays. */
  readonly watch: Watch;

  /**
   * @param tensors of each parameter, the parameter and then its state
   * @param averages of each parameter, its average; empty where none is kept
   * @throws RangeError `ERR_OVERLAP` where two of the arrays share memory
   */
  constructor(
    params: readonly Ruled[],
    tensors: readonly (readonly FloatArray[])[],
    averages: readonly FloatArray[] = [],
  ) {
    this.#params = params;
    this.#tensors = tensors;
    this.#averages = averages;
    this.#memory = new Memory(
      tensors.flatMap((arrays, i) =>
        (averages.length === 0 ? arrays : [...arrays, averages[i]]).map((array) => ({ array, label: params[i].label })),
      ),
    );
    this.watch = this.newWatch();
  }

  /**
   * Binds all arrays to a backend.
   *
   * @throws RangeError `ERR_OVERLAP` where two of the arrays share memory, which only addresses may show
   */
  bind(backend: Backend, control: Control): Plan {
    const averages = this.#averages;
    const bound = this.#params.map(({ group }, i) => ({
      rule: group.rule,
      arrays: this.#tensors[i],
      average: averages.length === 0 ? null : averages[i],
    }));
    try {
      return backend.bind(bound, control);
    } catch (error) {
      throw this.named(error, (i) => this.#params[i].label);
    }
  }

  /** What messages call array `slot` of parameter `i`: 0 is the parameter, then comes its state, then its average. */
  #labelOf(i: number, slot: number): string {
    const { name, label, group } = this.#params[i];
    if (slot === 0) return label;
    const state: readonly string[] = group.rule.state;
    return slot <= state.length ? `${labelOf('state', name)}.${state[slot - 1]}` : labelOf('averages', name);
  }

  /** A new watch over all of these arrays, to which others can be added. */
  newWatch(): Watch {
    const watch = new Watch();
    for (let i = 0; i < this.#params.length; i++) {
      const { length } = this.#params[i];
      const arrays = this.#tensors[i];
      for (let k = 0; k < arrays.length; k++) watch.add(arrays[k], length);
      if (this.#averages.length > 0) watch.add(this.#averages[i], length);
    }
    return watch;
  }

  /**
   * Checks that all arrays have the length that they were bound with. Runs no code but ours.
   *
   * @throws TypeError `ERR_DETACHED` or RangeError `ERR_LENGTH`, which names the first array that has not
   */
  check(): void {
    if (this.watch.isIntact()) return;
    const tensors = this.#tensors;
    const averages = this.#averages;
    for (let i = 0; i < tensors.length; i++) {
      const arrays = tensors[i];
      for (let k = 0; k < arrays.length; k++) this.#checkArray(arrays[k], i, k);
      if (averages.length > 0) this.#checkArray(averages[i], i, arrays.length);
    }
  }

  #checkArray(array: FloatArray, i: number, slot: number): void {
    const { length } = this.#params[i];
    if (isWhole(array, length)) return;
    refuseLength(array, this.#labelOf(i, slot), `it had ${length} when it was bound`);
  }

  /** @throws RangeError `ERR_OVERLAP` when the array, which a step reads, shares memory with one of these. */
  refuseOverlap(array: FloatArray, label: string): void {
    this.#memory.refuseOverlap(array, label);
  }

  /**
   * What to throw where a backend refused an array for its address: the same as for an overlap that is seen without
   * addresses, in words that name the arrays.
   *
   * @param error what the backend threw
   * @param labelOf what messages call array `index` of those that the backend was given
   */
  named(error: unknown, labelOf: (index: number) => string): unknown {
    if (!isSharedMemory(error)) return error;
    return overlap(labelOf(error.index), this.#params[error.other].label);
  }
}

function isSharedMemory(error: unknown): error is SharedMemory {
  return error instanceof RangeError && Object.hasOwn(error, 'other');
}
