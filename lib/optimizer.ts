// What all optimizers share: parameters, options, step counts and state, and the one loop over tensors.

import { type FloatArray, filledLike, lengthOf, Memory } from './arrays.js';
import { type BackendName, type Plan, resolveBackend } from './backend.js';
import { type Definition, type Dialect, neutralPrologue, prologueWidth } from './definition.js';
import { rangeError, typeError } from './errors.js';
import { Gradients } from './gradients.js';
import { checkNames, type OptionList, positiveInteger, readOptions, settable, text } from './options.js';
import { type Grads, type Param, type Params, readParams, refuseLength, type State } from './params.js';
import type { Rule } from './rules/rule.js';

/** Options that every optimizer takes, fixed once it is made. */
export interface CommonOptions {
  /** The backend for this optimizer; default: `LOCKSTEP_BACKEND`, else the best that this machine can run. */
  backend?: BackendName;
  /** How many threads a step may use: an integer >= 1. Accepted for now; every step runs on the calling thread. */
  threads?: number;
}

/** What a step did. The optimizer returns the same object each time: copy what you want to keep. */
export interface StepReport {
  /** Whether any parameter was updated. */
  readonly stepped: boolean;
  /** How many steps have updated a parameter since the optimizer was made, this one included. */
  readonly step: number;
  /** How many parameters were left alone because their gradient was `null`. */
  readonly skipped: number;
}

/** Everything that points at the user's arrays, in one place, so that `dispose` can let go of it. */
interface Binding {
  readonly params: readonly Param[];
  /** Each parameter followed by its state. Held here so that the memory that the plan points into stays alive. */
  readonly tensors: readonly (readonly FloatArray[])[];
  readonly gradients: Gradients;
  readonly plan: Plan;
}

function refuseConflict<O extends object>(definition: Definition<O>, options: Required<O>): void {
  const conflict = definition.conflict?.(options);
  if (conflict !== undefined) throw rangeError('ERR_INVALID_OPTION', conflict);
}

/** The defaults of the dialect that was asked for, where it has its own; the check of `dialect` comes later. */
function defaultsOf<O extends object>({ defaults = {} }: Definition<O>, given: object): Partial<Required<O>> {
  const dialect: unknown = Object.hasOwn(given, 'dialect') && (given as { readonly dialect?: unknown }).dialect;
  return typeof dialect === 'string' && Object.hasOwn(defaults, dialect) ? (defaults[dialect as Dialect] ?? {}) : {};
}

const commonOptions = { backend: text, threads: positiveInteger };

/** The base of every optimizer. Use a subclass. */
export abstract class Optimizer<P extends Params<P>, O extends object, Names extends string> {
  /** The backend that this optimizer runs on. */
  readonly backend: BackendName;

  /**
   * The options, readable and settable between steps: `optimizer.groups[0].lr *= 0.1`. Each is checked when it is set:
   * an `ERR_INVALID_OPTION` error leaves it as it was.
   */
  readonly groups: readonly Required<O>[];

  #binding: Binding | undefined;
  readonly #definition: Definition<O>;
  /** What `groups[0]` reads and sets, as plain data. */
  readonly #options: Required<O>;
  readonly #rule: Rule;
  /** How many steps each parameter took. */
  readonly #steps: number[];
  /** The private block that the backend reads: rows of coefficients, and the row of each parameter or -1. */
  readonly #coefficients: Float64Array;
  readonly #rows: Int32Array;
  readonly #width: number;
  readonly #report = { stepped: false, step: 0, skipped: 0 };

  /** @internal */
  constructor(definition: Definition<O>, params: P, given: O & CommonOptions) {
    const optionList: OptionList<O> = definition.options;
    checkNames(given, [...Object.keys(optionList), ...Object.keys(commonOptions)]);
    const options = readOptions<Required<O>>(optionList, given, defaultsOf(definition, given));
    refuseConflict(definition, options);
    const backend = resolveBackend(readOptions(commonOptions, given).backend);
    const entries = readParams(params);
    const rule = definition.rule(options);
    const initial = definition.initial?.(options) ?? {};
    const tensors = entries.map(({ array }) => [
      array,
      ...rule.state.map((name) => filledLike(array, initial[name] ?? 0)),
    ]);
    const memory = new Memory(
      tensors.flatMap((arrays, i) => arrays.map((array) => ({ array, label: entries[i].label }))),
    );

    this.backend = backend.name;
    this.groups = Object.freeze([
      settable<Required<O>>(optionList, options, (values) => refuseConflict(definition, values)),
    ]);
    this.#definition = definition;
    this.#options = options;
    this.#rule = rule;
    this.#steps = entries.map(() => 0);
    this.#width = prologueWidth + Object.keys(rule.coefficients).length;
    this.#coefficients = new Float64Array(entries.length * this.#width);
    this.#rows = new Int32Array(entries.length);
    this.#binding = {
      params: entries,
      tensors,
      gradients: new Gradients(entries, memory, Array.isArray(params)),
      plan: backend.bind(rule, tensors, this.#coefficients, this.#rows),
    };
  }

  /**
   * The state of each parameter by name (by index for arrays): the live arrays, which steps write, and how many steps
   * the parameter took.
   *
   * @throws TypeError `ERR_DISPOSED`
   */
  get state(): State<P, Names> {
    const { params, tensors } = this.#live();
    const views = params.map((_, i) => {
      const arrays = this.#rule.state.map((name, k) => [name, tensors[i][1 + k]] as const);
      return Object.freeze({ step: this.#steps[i], ...Object.fromEntries(arrays) });
    });
    const isList = typeof params[0].name === 'number';
    const state: unknown = isList ? views : Object.fromEntries(params.map(({ name }, i) => [name, views[i]]));
    return Object.freeze(state) as State<P, Names>;
  }

  /**
   * Binds gradients for the steps that follow: `step()` without arguments uses them. Binding copies nothing: fill the
   * same arrays anew before each step.
   *
   * @throws TypeError or RangeError as `step` does
   */
  bindGrads(grads: Grads<P>): void {
    this.#receive(this.#live(), grads);
  }

  /**
   * One step: updates every parameter that has a gradient, in place.
   *
   * @param grads the gradients; without them, those of the step before or of `bindGrads`
   * @returns what was done; the same object each time
   * @throws TypeError or RangeError whose `code` is `ERR_INVALID_GRADS` (none, missing or unknown gradients),
   *   `ERR_DTYPE`, `ERR_LENGTH`, `ERR_DETACHED`, `ERR_OVERLAP` (a gradient shares memory with a parameter or its state)
   *   or `ERR_DISPOSED`. No parameter, state or step count is changed then.
   */
  step(grads?: Grads<P>): StepReport {
    const binding = this.#live();
    this.#receive(binding, grads);
    const active = this.#assignRows(binding.gradients);
    binding.plan.step();

    for (let i = 0; i < this.#rows.length; i++) {
      if (this.#rows[i] >= 0) this.#steps[i]++;
    }
    const report = this.#report;
    report.stepped = active > 0;
    report.skipped = this.#rows.length - active;
    if (active > 0) report.step++;
    return report;
  }

  /** Lets go of all arrays. Every later use is an `ERR_DISPOSED` error; disposing again does nothing. */
  dispose(): void {
    this.#binding = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #live(): Binding {
    if (this.#binding === undefined) {
      throw typeError('ERR_DISPOSED', `${this.constructor.name} was disposed and can no longer be used`);
    }
    return this.#binding;
  }

  /**
   * Reads, checks and binds gradients. Between the checks and the step that follows runs no code but ours, so what the
   * checks saw is what the backend gets.
   */
  #receive({ params, tensors, gradients, plan }: Binding, grads: unknown): void {
    gradients.read(grads);
    for (let i = 0; i < tensors.length; i++) {
      const arrays = tensors[i];
      const { length } = params[i];
      for (let k = 0; k < arrays.length; k++) {
        if (lengthOf(arrays[k]) !== length) this.#refuse(params[i], arrays[k], k);
      }
    }
    gradients.check();
    gradients.bind(plan);
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
  #assignRows(gradients: Gradients): number {
    const steps = this.#steps;
    const rows = this.#rows;
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
        const at = row * this.#width + prologueWidth;
        neutralPrologue(this.#coefficients, at);
        this.#definition.coefficients(this.#coefficients, at, this.#options, t);
      }
      rows[i] = row;
      active++;
    }
    return active;
  }
}
