// What all optimizers have in common, as their users see it.

import { hints, placesOf } from './assigning.js';
import type { Definition } from './definition.js';
import { disposed, Engine } from './engine.js';
import { describe, typeError } from './errors.js';
import {
  type CommonOptions,
  commonNames,
  defaultsOf,
  noStepOptions,
  ownOptions,
  readCommon,
  readStepOptions,
  refuseConflict,
  refusePipelineConflict,
} from './given_options.js';
import type { AnyOptions, GroupOptions } from './group_options.js';
import { makeInspectable, plainOf, plainParams } from './inspect.js';
import { checkNames, readOptions } from './options.js';
import { ownOption } from './own.js';
import { type AnyParams, type Grads, type Group, isGroups, type Params, type Shape, type State } from './params.js';
import { type Pipeline, pipelineOptions } from './pipeline.js';
import type { BackendName } from './plan.js';
import type { StepOptions, StepReport } from './report.js';
import { settable } from './settable.js';
import { readOnlyView, refuseAssigning, refuseCloning, refuseOptions } from './views.js';

export type { CommonOptions } from './given_options.js';

/**
 * What every optimizer has. Use a subclass: `new Adam(params, options)`.
 *
 * `params` is an array or a record of `Float32Array | Float64Array`, in any mixture. They are updated in place and never
 * copied, and may not overlap. To load weights, fill the arrays: `params.w.set(loaded)`. After `params.w = loaded` the optimizer
 * goes on updating the old array. `options` are those of the class and `CommonOptions`.
 *
 * `console.log(optimizer)` shows the backend, the steps so far, params by type and length, and the options of groups and
 * pipeline, where `[schedule]` stands for a function of the step. `JSON.stringify` writes the same, which is no checkpoint.
 * `structuredClone`, `postMessage` and `{ ...optimizer }` throw a TypeError `ERR_CLONE`.
 *
 * The constructor throws a TypeError or RangeError whose `code` is `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`,
 * `ERR_OVERLAP`, `ERR_INVALID_OPTION` or `ERR_BACKEND`.
 */
export abstract class Optimizer<
  P extends Params<P> = AnyParams,
  O extends object = AnyOptions,
  Names extends string = string,
  Numbers extends string = never,
> {
  /** The backend that this optimizer runs on. */
  get backend(): BackendName {
    return this.#backend;
  }

  /**
   * The options of each group, readable and settable between steps: `optimizer.groups[0].lr *= 0.1`. Without groups there is
   * one. `addGroup` makes a new list: read `optimizer.groups` again after it.
   *
   * Each option is checked when it is set: an `ERR_INVALID_OPTION` error leaves it as it was. Options that are fixed can only be
   * set to what they are. To set an option on the optimizer itself, as in `optimizer.lr = 0.1`, is an `ERR_INVALID_OPTION` error.
   */
  get groups(): readonly GroupOptions<O>[] {
    return this.#groupsView as readonly unknown[] as readonly GroupOptions<O>[];
  }

  /** What is done around the rule, settable between steps in the same way: `optimizer.pipeline.clipNorm = 1`. */
  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  readonly #backend: BackendName;
  readonly #pipeline: Pipeline;
  readonly #definition: Definition<O>;
  /** What was given for all groups. */
  readonly #defaults: object;
  #groups: readonly Required<O>[] = [];
  #groupsView: readonly Required<O>[] = [];
  #engine: Engine<O> | undefined;

  /** @internal */
  constructor(definition: Definition<O>, params: P, given: O & CommonOptions) {
    refuseCloning(this);
    refuseOptions(Object.getPrototypeOf(this), placesOf(definition));
    checkNames(given, [...Object.keys(definition.options), ...commonNames]);
    this.#definition = definition;
    this.#defaults = ownOptions(definition, given);
    const { pipeline, backend, threads } = readCommon(given);
    this.#backend = backend.name;
    this.#pipeline = settable<Pipeline>(pipelineOptions, pipeline, refusePipelineConflict, undefined, () =>
      this.#engine?.pipelineChanged(),
    );
    const groups = isGroups(params)
      ? params.map((group) => ({ params: group.params, options: this.#readGroup(group) }))
      : [{ params, options: this.#readGroup({}) }];
    this.#engine = new Engine(this.constructor.name, definition, groups, pipeline, backend, threads);
    this.#show(groups.map(({ options }) => options));
  }

  /** The options of a group: its own, else those of the optimizer. */
  #readGroup(group: object): Required<O> {
    const definition = this.#definition;
    checkNames(group, ['params', ...Object.keys(definition.options)]);
    const given = { ...this.#defaults, ...ownOptions(definition, group) };
    const options = readOptions<Required<O>>(definition.options, given, defaultsOf(definition, given));
    refuseConflict(definition, options);
    return options;
  }

  /** Makes further groups visible in `groups`. */
  #show(added: readonly Required<O>[]): void {
    const shown = added.map((options, k) => {
      const index = this.#groups.length + k;
      return settable<Required<O>>(
        this.#definition.options,
        options,
        (values) => {
          refuseConflict(this.#definition, values);
          this.#engine?.refuseOptions(index, values);
        },
        (name) => this.live().optionOf(index, name),
        () => this.#engine?.optionsChanged(index),
      );
    });
    this.#groups = this.#groups.concat(shown);
    this.#groupsView = readOnlyView('groups', this.#groups, hints.groups);
  }

  /**
   * Adds parameters with options of their own; what they do not name is as for the optimizer.
   *
   * @param group `{ params, lr, weightDecay, … }`; params of the kind that the optimizer has, with names of their own
   * @throws TypeError or RangeError as the constructor does; `ERR_MODE` while params hold other weights than those that
   *   are trained or gradients are being gathered; `ERR_DETACHED` or `ERR_LENGTH` where a parameter, its state or its average
   *   was transferred or resized since it was bound; `ERR_DISPOSED`. Nothing is changed then.
   */
  addGroup(group: O & Group): void {
    const engine = this.live();
    const options = this.#readGroup(group);
    engine.addGroup({ params: ownOption(group, 'params'), options });
    this.#show([options]);
  }

  /**
   * The state of each parameter by name (by index for arrays): the live arrays, which steps write, and how many steps
   * the parameter had taken when `optimizer.state` was read. Arrays can be filled (`state.w.expAvg.set(values)`); to assign is
   * a TypeError `ERR_READ_ONLY`.
   *
   * Arrays of more than a few pages start some bytes into their buffer, at another offset for each array of a parameter, so that
   * they do not collide in the caches (4K aliasing).
   *
   * @throws TypeError `ERR_DISPOSED`
   */
  get state(): State<P, Names, Numbers> {
    return this.live().states(hints.state) as State<P, Names, Numbers>;
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
   *   `ERR_DTYPE`, `ERR_LENGTH`, `ERR_DETACHED`, `ERR_OVERLAP` (a gradient shares memory with a parameter or its state),
   *   `ERR_INVALID_OPTION` (a schedule answers with what the option cannot be), `ERR_NON_FINITE` (with `nonFinite: 'throw'`),
   *   `ERR_MODE` (in eval mode, while averages are swapped, or called by a schedule) or `ERR_DISPOSED`. No parameter, state
   *   or step count is changed then.
   */
  step(grads?: Grads<P> | readonly Grads<P>[], options: StepOptions = noStepOptions): StepReport {
    return this.live().step(grads, readStepOptions(options));
  }

  /**
   * With `accumulate`: the step for which calls of `step` were gathered, before all n of them were made, such as at the end
   * of an epoch. It is the step that the n-th call would do, with the mean over the calls that there were (with
   * `accumulateMode: 'sum'` their sum). Where no call waits, nothing is done.
   *
   * @example
   * for (const batch of epoch) optimizer.step(gradsOf(batch));
   * optimizer.flush(); // of 10 batches and accumulate: 4, the last two
   *
   * @param options `{ gradScale }` for this step; without it, what the last gathering call was given for itself, else the
   *   optimizer's
   * @returns what was done, in the object that `step` returns: `stepped` is false where no call waited
   * @throws TypeError or RangeError as `step`; `ERR_MODE` also inside getters of params and grads. The gathered gradients
   *   stay as they are then, but for `ERR_NON_FINITE`.
   */
  flush(options: StepOptions = noStepOptions): StepReport {
    return this.live().flush(readStepOptions(options));
  }

  /**
   * With `accumulate`: gives up the gradients that calls of `step` gathered since the last step. No parameter, state,
   * average or step count changes.
   *
   * @returns how many calls were given up; 0 where none waited
   * @throws TypeError `ERR_MODE` (in eval mode, while averages are swapped, or called inside a schedule or a getter of params or
   *   grads) or `ERR_DISPOSED`
   */
  drop(): number {
    return this.live().drop();
  }

  /**
   * How many steps have updated a parameter, which is what `step` reports as `step`. Skipped steps and calls that only gather
   * gradients do not count.
   *
   * @throws TypeError `ERR_DISPOSED`
   */
  get steps(): number {
    return this.live().count;
  }

  /**
   * The running average of each parameter, with the option `ema` or `swa`: live arrays, in the shape of params. Until a
   * parameter has its first average (before its first step; with `swa`, before step `start`) reading `averages` copies its
   * current weights into its array.
   *
   * @throws TypeError `ERR_MODE` where none is kept, or `ERR_DISPOSED`
   */
  get averages(): Readonly<Shape<P>> {
    const engine = this.live();
    return engine.inShape('averages', hints.averages, (i) => engine.averageOf(i)) as Readonly<Shape<P>>;
  }

  /**
   * Exchanges the weights and their averages, to evaluate or to save the averages from the params themselves; called again,
   * it puts the weights back, bit for bit. Parameters that have no average yet keep their weights. Between the two calls
   * `step` is an `ERR_MODE` error. `withAverages` does both calls.
   *
   * @throws TypeError or RangeError: `ERR_MODE` where no average is kept, `ERR_DETACHED`, `ERR_LENGTH` or `ERR_DISPOSED`
   */
  swapAverages(): void {
    this.live().swapAverages();
  }

  /**
   * Runs a function while params hold the averages, then puts the weights back, also when the function throws. When the
   * function returns a promise, the weights are put back once the promise settles, and `step` is an `ERR_MODE` error until then.
   *
   * @example
   * const accuracy = optimizer.withAverages(() => evaluate(params));
   *
   * @returns what the function returns
   * @throws TypeError or RangeError as `swapAverages` does, `ERR_MODE` while averages are swapped already, or
   *   `ERR_INVALID_OPTION` for what is no function; and what the function throws
   */
  withAverages<T>(run: () => T): T {
    const engine = this.live();
    if (typeof run !== 'function') {
      throw typeError('ERR_INVALID_OPTION', `run must be a function, received ${describe(run)}`);
    }
    return engine.withAverages(run);
  }

  /** Lets go of all arrays. Every later use is an `ERR_DISPOSED` error; disposing again does nothing. */
  dispose(): void {
    this.#engine?.dispose();
    this.#engine = undefined;
  }

  /** What `using` calls: `dispose`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  static {
    refuseAssigning(Optimizer.prototype, 'optimizer', hints);
    makeInspectable(Optimizer.prototype, (optimizer) => optimizer.#plain());
  }

  /** What is shown of it. */
  #plain(): object {
    const engine = this.#engine;
    return {
      backend: this.#backend,
      ...(engine === undefined ? { disposed: true } : { steps: engine.count, params: plainParams(engine.params) }),
      ...(engine !== undefined && this.#definition.modes !== undefined && { mode: engine.mode }),
      groups: this.#groups.map(plainOf),
      pipeline: plainOf(this.#pipeline),
    };
  }

  /** @internal */
  protected live(): Engine<O> {
    if (this.#engine === undefined) throw disposed(this.constructor.name);
    return this.#engine;
  }
}
