// What runs a step: one class of one shape, whatever the optimizer, so that V8 compiles the way of a step only once.

import { type FloatArray, filledLike, lengthOf, Memory } from './arrays.js';
import { type Definition, type Mode, neutralPrologue } from './definition.js';
import { typeError } from './errors.js';
import { Gradients } from './gradients.js';
import { Lines } from './modes.js';
import { type Param, readParams, refuseLength } from './params.js';
import type { Backend, Plan } from './plan.js';
import { prologueWidth, rowWidth } from './rules/prologue.js';
import { measureCount, type Rule } from './rules/rule.js';

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
  readonly #isList: boolean;
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
  /** What the rule measured, in its order for each parameter. */
  readonly #sums: Float64Array;
  readonly #measures: number;
  /** The numbers that parameters carry from step to step, and what they will be once the step is done. */
  readonly #scalarNames: readonly string[];
  readonly #scalars: Float64Array;
  readonly #nextScalars: Float64Array;
  /** Where the optimizer has two modes, what takes the parameters from one to the other. */
  readonly #lines: Lines | undefined;
  #mode: Mode = 'train';
  #count = 0;
  readonly #report = { stepped: false, step: 0, skipped: 0 };

  /**
   * @param options may change between steps
   * @throws TypeError or RangeError for params, before anything is bound
   */
  constructor(name: string, definition: Definition<O>, options: Required<O>, backend: Backend, params: unknown) {
    this.#optimizerName = name;
    this.params = readParams(params);
    this.#isList = Array.isArray(params);
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
    this.#gradients = new Gradients(this.params, written, this.#isList);
    this.#steps = this.params.map(() => 0);
    this.#width = rowWidth(this.#rule);
    this.#coefficients = new Float64Array(this.params.length * this.#width);
    this.#rows = new Int32Array(this.params.length);
    this.#measures = measureCount(this.#rule);
    this.#sums = new Float64Array(this.params.length * this.#measures);
    const scalars = definition.scalars?.(options) ?? {};
    this.#scalarNames = Object.keys(scalars);
    this.#scalars = Float64Array.from(this.params.flatMap(() => Object.values(scalars)));
    this.#nextScalars = this.#scalars.slice();
    this.#plan = backend.bind(this.#rule, this.#tensors, this.#coefficients, this.#rows, this.#sums);
    if (definition.modes !== undefined) {
      const towards = 1 + this.#rule.state.indexOf(definition.modes.towards);
      const column = (k: number) => this.#tensors.map((arrays) => arrays[k]);
      this.#lines = new Lines(backend, column(0), column(towards));
    }
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Takes every parameter that has stepped to what it holds in that mode: all of them or, where an array is refused, none. */
  setMode(mode: Mode): void {
    if (mode === this.#mode) return;
    const share = this.#definition.modes?.share(mode, this.#options) ?? 0;
    this.#checkTensors();
    this.#lines?.move(share, (i) => this.#steps[i] > 0);
    this.#mode = mode;
  }

  /** One value for each parameter, as a frozen list or a record like that of the parameters. */
  inShape(of: (i: number) => unknown): unknown {
    const entries = this.params.map(({ name }, i) => [name, of(i)] as const);
    return Object.freeze(this.#isList ? entries.map(([, value]) => value) : Object.fromEntries(entries));
  }

  /** The live state of parameter `i`, and how many steps it took. */
  stateOf(i: number): StateView {
    const count = this.#scalarNames.length;
    const scalars = this.#scalarNames.map((name, k) => [name, this.#scalars[i * count + k]] as const);
    const arrays = this.#rule.state.map((name, k) => [name, this.#tensors[i][1 + k]] as const);
    return Object.freeze({ step: this.#steps[i], ...Object.fromEntries(scalars), ...Object.fromEntries(arrays) });
  }

  /** Reads, checks and binds gradients; without any, keeps those that are bound. */
  receive(grads: unknown): void {
    this.#read(grads);
    this.#bind();
  }

  #read(grads: unknown): void {
    this.#gradients.read(grads);
    if (this.isDisposed) throw disposed(this.#optimizerName);
  }

  #bind(): void {
    this.#gradients.check();
    this.#gradients.bind(this.#plan);
  }

  step(grads: unknown): StepReport {
    this.#read(grads);
    if (this.#mode !== 'train') throw typeError('ERR_MODE', 'step must be called in train mode: call train() first');
    this.#bind();
    const active = this.#assignRows();
    if (this.#measures > 0) this.#adaptRows();
    this.#checkBound();
    this.#plan.step();
    if (this.#scalarNames.length > 0) this.#scalars.set(this.#nextScalars);

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

  /**
   * Comes last before the backend runs, since code of the user's may have run in all that came before: getters, or
   * built-ins that were replaced. What is checked here is what the backend gets.
   */
  #checkBound(): void {
    this.#checkTensors();
    this.#gradients.checkBound();
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
   * Gives each parameter that has a gradient a row of coefficients; parameters that are at the same step share one, unless
   * they carry numbers of their own or are measured.
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
    const areAlike = this.#scalarNames.length === 0 && this.#measures === 0;
    if (this.#scalarNames.length > 0) this.#nextScalars.set(this.#scalars);
    for (let i = 0; i < steps.length; i++) {
      if (!gradients.has(i)) {
        rows[i] = -1;
        continue;
      }
      const t = steps[i] + 1;
      if (t !== rowStep || !areAlike) {
        row++;
        rowStep = t;
        this.#writeRow(row, t, i);
      }
      rows[i] = row;
      active++;
    }
    return active;
  }

  #writeRow(row: number, t: number, i: number): void {
    const at = row * this.#width + prologueWidth;
    neutralPrologue(this.#coefficients, at);
    const scalarsAt = i * this.#scalarNames.length;
    this.#definition.coefficients(this.#coefficients, at, this.#options, t, this.#nextScalars, scalarsAt);
  }

  /** Has the arrays measured, and the rows changed by what came out. */
  #adaptRows(): void {
    this.#checkBound();
    this.#plan.measure();
    for (let i = 0; i < this.params.length; i++) {
      if (this.#rows[i] < 0) continue;
      const at = this.#rows[i] * this.#width + prologueWidth;
      const sumsAt = i * this.#measures;
      this.#definition.adapt?.(this.#coefficients, at, this.#options, this.#sums, sumsAt, this.params[i].length);
    }
  }
}
