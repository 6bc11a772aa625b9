// Groups: parameters that share options. One group is the usual case.

import type { Definition, Values } from './definition.js';
import { checkAnswer } from './options.js';
import type { Param } from './params.js';
import { measureCount, type Rule } from './rules/rule.js';

/** Options whose value may be a function of the step. */
export const schedulable = ['lr', 'weightDecay', 'betas'] as const;

/** The options of some parameters, and the rule that they choose. */
export class Group<O extends object> {
  readonly definition: Definition<O>;
  readonly rule: Rule;
  readonly measures: number;
  /** The names of the numbers that a parameter carries from step to step, and what they start with. */
  readonly scalarNames: readonly string[];
  readonly firstScalars: readonly number[];
  /** What each state array starts with, in the rule's order. */
  readonly firstState: readonly number[];
  /** Whether parameters that are at the same step can share a row of coefficients. */
  readonly sharesRows: boolean;
  readonly #given: Readonly<Record<string, unknown>>;
  /** The options where none is a function of the step. */
  #unscheduled!: Values<O>;
  readonly #scheduled: readonly (keyof O & string)[];
  /** Whether any option is a function of the step. */
  isScheduled = false;
  /** The step from which on the coefficients are the same in every step. */
  settlesAt = Infinity;
  /** The options of the step that is being done. */
  values!: Values<O>;

  /** @param options live: they may change between steps, and some may be functions of the step */
  constructor(definition: Definition<O>, options: Required<O>) {
    this.definition = definition;
    this.#given = options as Readonly<Record<string, unknown>>;
    this.#scheduled = schedulable.filter((name) => Object.hasOwn(definition.options, name)) as unknown as (keyof O &
      string)[];
    this.refresh();
    const values = this.at(0);
    this.rule = definition.rule(values);
    this.measures = measureCount(this.rule);
    const scalars = definition.scalars?.(values) ?? {};
    this.scalarNames = Object.keys(scalars);
    this.firstScalars = Object.values(scalars);
    const initial = definition.initial?.(values) ?? {};
    this.firstState = this.rule.state.map((name) => (Object.hasOwn(initial, name) ? initial[name] : 0));
    this.sharesRows = this.scalarNames.length === 0 && this.measures === 0;
  }

  /**
   * The options in the step that `step` others came before.
   *
   * @throws TypeError or RangeError `ERR_INVALID_OPTION` where a schedule answers with what the option cannot be
   */
  at(step: number): Values<O> {
    return this.isScheduled ? this.#evaluate(step) : this.#unscheduled;
  }

  /** Fixes `values` for the step that `step` others came before. Schedules run here: the user's code. */
  prepare(step: number): void {
    this.values = this.at(step);
  }

  /** To be called when an option was set. */
  refresh(): void {
    this.isScheduled = this.#scheduled.some((name) => this.isFunction(name));
    this.settlesAt = Infinity;
    if (this.isScheduled) return;
    this.#unscheduled = this.#evaluate(0);
    this.settlesAt = this.definition.settlesAt?.(this.#unscheduled) ?? Infinity;
  }

  /** Whether an option is a function of the step. */
  isFunction(name: keyof O & string): boolean {
    return typeof this.#given[name] === 'function';
  }

  /** One option in the step that `step` others came before. */
  optionAt(name: keyof O & string, step: number): unknown {
    const given = this.#given[name];
    if (typeof given !== 'function') return given;
    const option = this.definition.options[name];
    return checkAnswer<unknown>(option.answer ?? option, `${name} of step ${step}`, given(step));
  }

  #evaluate(step: number): Values<O> {
    const values: Record<string, unknown> = { ...this.#given };
    for (const name of this.#scheduled) values[name] = this.optionAt(name, step);
    // A copy of betas that is not frozen: V8 does not compile the reading of frozen elements, but calls for each.
    if (Array.isArray(values.betas)) values.betas = values.betas.map((beta: unknown) => beta);
    return values as Values<O>;
  }
}

/** A parameter with its group. */
export interface Member<O extends object> extends Param {
  readonly group: Group<O>;
}
