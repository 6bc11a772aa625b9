// What runs a step: one class of one shape, whatever the optimizer, so that V8 compiles the way of a step only once.

import { type FloatArray, filledLike, lengthOf, Memory } from './arrays.js';
import { type Definition, neutralPrologue } from './definition.js';
import { typeError } from './errors.js';
import { Gradients } from './gradients.js';
import { type Param, readParams, refuseLength } from './params.js';
import type { Backend, Plan } from './plan.js';
import { prologueWidth, rowWidth } from './rules/prologue.js';
import type { Rule } from './rules/rule.js';

/** What a step did. The optimizer returns the same object each time: copy what you want to keep. */
export interface StepReport {
  /** Whether any parameter was updated. */
  readonly stepped: boolean;
  /** How many steps have updated a parameter since the optimizer was made, this one included. */
  readonly step: number;
  /** How many parameters were left alone because their gradient was `null`. */
  readonly skipped: number;
}

/** The state of one parameter, whatever its rule. */
export type StateView = Readonly<Record<string, number | FloatArray>>;

export function disposed(name: string) {
  return typeError('ERR_DISPOSED', `${name} was disposed and can no longer be used`);
}

/** One optimizer's arrays, bound to a backend, and the only loop over them. */
export class Engine<O extends object> {
  readonly params: readonly Param[];
  isDisposed = false;
  readonly #optimizerName: string;
  /** Whether params and gradients are lists or records. */
  readonly isList: boolean;
  readonly #definition: Definition<O>;
  readonly #options: Required<O>;
  readonly #rule: Rule;
  /** Each parameter followed by its state. Held here so that the memory that the plan points into stays alive. */
  readonly #tensors: readonly (readonly FloatArray[])[];
  readonly #gradients: Gradients;
  readonly #plan: Plan;
  /** How many steps each parameter took. */
  readonly #steps: number[];
  /** The private block that the backend reads: rows of coefficients, and the row of each parameter or -1. */
  readonly #coefficients: Float64Array;
  readonly #rows: Int32Array;
  readonly #width: number;
  #count = 0;
  readonly #report = { stepped: false, step: 0, skipped: 0 };

  /**
   * @param options may change between steps
   * @throws TypeError or RangeError for params, before anything is bound
   */
  constructor(name: string, definition: Definition<O>, options: Required<O>, backend: Backend, params: unknown) {
    this.#optimizerName = name;
    this.params = readParams(params);
    this.isList = Array.isArray(params);
    this.#definition = definition;
    this.#options = options;
    this.#rule = definition.rule(options);
    const initial = definition.initial?.(options) ?? {};
    this.#tensors = this.params.map(({ array }) => [
      array,
      ...this.#rule.state.map((name) => filledLike(array, Object.hasOwn(initial, name) ? initial[name] : 0)),
    ]);
    const written = new Memory(
      this.#tensors.flatMap((arrays, i) => arrays.map((array) => ({ array, label: this.params[i].label }))),
    );
    this.#gradients = new Gradients(this.params, written, this.isList);
    this.#steps = this.params.map(() => 0);
    this.#width = rowWidth(this.#rule);
    this.#coefficients = new Float64Array(this.params.length * this.#width);
    this.#rows = new Int32Array(this.params.length);
    this.#plan = backend.bind(this.#rule, this.#tensors, this.#coefficients, this.#rows);
  }

  /** The live state of parameter `i`, and how many steps it took. */
  stateOf(i: number): StateView {
    const arrays = this.#rule.state.map((name, k) => [name, this.#tensors[i][1 + k]] as const);
    return Object.freeze({ step: this.#steps[i], ...Object.fromEntries(arrays) });
  }

  /** Reads, checks and binds gradients; without any, keeps those that are bound. */
  receive(grads: unknown): void {
    this.#gradients.read(grads);
    if (this.isDisposed) throw disposed(this.#optimizerName);
    this.#gradients.check();
    this.#gradients.bind(this.#plan);
  }

  step(grads: unknown): StepReport {
    this.receive(grads);
    const active = this.#assignRows();
    // Last before the step, since code of the user's may have run in all that came before: getters, or built-ins that were
    // replaced. What is checked here is what the backend gets.
    this.#checkTensors();
    this.#gradients.checkBound();
    this.#plan.step();

    const rows = this.#rows;
    const steps = this.#steps;
    for (let i = 0; i < steps.length; i++) if (rows[i] >= 0) steps[i]++;
    const report = this.#report;
    report.stepped = active > 0;
    report.skipped = steps.length - active;
    if (active > 0) this.#count++;
    report.step = this.#count;
    return report;
  }

  #checkTensors(): void {
    const tensors = this.#tensors;
    const params = this.params;
    for (let i = 0; i < tensors.length; i++) {
      const arrays = tensors[i];
      const length = params[i].length;
      for (let k = 0; k < arrays.length; k++) {
        if (lengthOf(arrays[k]) !== length) this.#refuse(params[i], arrays[k], k);
      }
    }
  }

  #refuse({ label, length }: Param, array: FloatArray, k: number): never {
    const which = k === 0 ? label : `${label.replace('params', 'state')}.${this.#rule.state[k - 1]}`;
    return refuseLength(array, which, `it had ${length} when it was bound`);
  }

  /**
   * Gives each parameter that has a gradient a row of coefficients; parameters that are at the same step share one.
   *
   * @returns how many parameters have a gradient
   */
  #assignRows(): number {
    const steps = this.#steps;
    const rows = this.#rows;
    const gradients = this.#gradients;
    let row = -1;
    let rowStep = 0;
    let active = 0;
    for (let i = 0; i < steps.length; i++) {
      if (!gradients.has(i)) {
        rows[i] = -1;
        continue;
      }
      const t = steps[i] + 1;
      if (t !== rowStep) {
        row++;
        rowStep = t;
        this.#writeRow(row, t);
      }
      rows[i] = row;
      active++;
    }
    return active;
  }

  #writeRow(row: number, t: number): void {
    const at = row * this.#width + prologueWidth;
    neutralPrologue(this.#coefficients, at);
    this.#definition.coefficients(this.#coefficients, at, this.#options, t);
  }
}
