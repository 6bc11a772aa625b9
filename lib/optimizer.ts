// What all optimizers have in common, as their users see it.

import { resolveBackend } from './backend.js';
import type { Definition, Dialect } from './definition.js';
import { disposed, Engine, type StepReport } from './engine.js';
import { rangeError } from './errors.js';
import { checkNames, positiveInteger, readOptions, settable, text } from './options.js';
import type { Grads, Params, State } from './params.js';
import type { Backend, BackendName } from './plan.js';

/** Options that every optimizer takes, fixed once it is made. */
export interface CommonOptions {
  /** The backend for this optimizer; default: `LOCKSTEP_BACKEND`, else the best that this machine can run. */
  backend?: BackendName;
  /** How many threads a step may use: an integer >= 1. Accepted for now; every step runs on the calling thread. */
  threads?: number;
}

const commonOptions = { backend: text, threads: positiveInteger };

/**
 * What every optimizer has. Use a subclass: `new Adam(params, options)`.
 *
 * `params` is an array or a record of `Float32Array | Float64Array`, in any mixture. They are updated in place and never
 * copied, and may not overlap. `options` are those of the class and `CommonOptions`.
 *
 * The constructor throws a TypeError or RangeError whose `code` is `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`,
 * `ERR_OVERLAP`, `ERR_INVALID_OPTION` or `ERR_BACKEND`.
 */
export abstract class Optimizer<
  P extends Params<P>,
  O extends object,
  Names extends string,
  Numbers extends string = never,
> {
  /** The backend that this optimizer runs on. */
  readonly backend: BackendName;

  /**
   * The options, readable and settable between steps: `optimizer.groups[0].lr *= 0.1`. Each is checked when it is set:
   * an `ERR_INVALID_OPTION` error leaves it as it was. Options that are fixed can only be set to what they are.
   */
  readonly groups: readonly Required<O>[];

  #engine: Engine<O> | undefined;

  /** @internal */
  constructor(definition: Definition<O>, params: P, given: O & CommonOptions) {
    const { options, backend } = readAll(definition, given);
    this.backend = backend.name;
    this.groups = Object.freeze([
      settable<Required<O>>(definition.options, options, (values) => refuseConflict(definition, values)),
    ]);
    this.#engine = new Engine(this.constructor.name, definition, options, backend, params);
  }

  /**
   * The state of each parameter by name (by index for arrays): the live arrays, which steps write, and how many steps
   * the parameter took.
   *
   * @throws TypeError `ERR_DISPOSED`
   */
  get state(): State<P, Names, Numbers> {
    const engine = this.live();
    return engine.inShape((i) => engine.stateOf(i)) as State<P, Names, Numbers>;
  }

  /**
   * Binds gradients for the steps that follow: `step()` without arguments uses them. Binding copies nothing: fill the
   * same arrays anew before each step.
   *
   * @throws TypeError or RangeError as `step` does
   */
  bindGrads(grads: Grads<P>): void {
    this.live().receive(grads ?? null);
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
    return this.live().step(grads);
  }

  /** Lets go of all arrays. Every later use is an `ERR_DISPOSED` error; disposing again does nothing. */
  dispose(): void {
    if (this.#engine !== undefined) this.#engine.isDisposed = true;
    this.#engine = undefined;
  }

  /** What `using` calls: `dispose`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  protected live(): Engine<O> {
    if (this.#engine === undefined) throw disposed(this.constructor.name);
    return this.#engine;
  }
}

function readAll<O extends object>(
  definition: Definition<O>,
  given: O & CommonOptions,
): { readonly options: Required<O>; readonly backend: Backend } {
  checkNames(given, [...Object.keys(definition.options), ...Object.keys(commonOptions)]);
  const options = readOptions<Required<O>>(definition.options, given, defaultsOf(definition, given));
  refuseConflict(definition, options);
  return { options, backend: resolveBackend(readOptions(commonOptions, given).backend) };
}

/** The defaults of the dialect that was asked for, where it has its own; `dialect` itself is checked with the others. */
function defaultsOf<O extends object>({ defaults = {} }: Definition<O>, given: object): Partial<Required<O>> {
  const dialect: unknown = Object.hasOwn(given, 'dialect') && (given as { readonly dialect?: unknown }).dialect;
  return typeof dialect === 'string' && Object.hasOwn(defaults, dialect) ? (defaults[dialect as Dialect] ?? {}) : {};
}

function refuseConflict<O extends object>(definition: Definition<O>, options: Required<O>): void {
  const conflict = definition.conflict?.(options);
  if (conflict !== undefined) throw rangeError('ERR_INVALID_OPTION', conflict);
}
