// What one optimizer is, as data: its options, the rule that they choose, and the scalars of a step.

import { choice, fixed, type Option, type OptionList } from './options.js';
import { before } from './rows.js';
import type { Rule } from './rules/rule.js';

/** A system whose form, defaults and state an optimizer takes on, where it differs from lockstep's own. */
export type Dialect = 'torch' | 'keras' | 'optax' | 'tfjs';

/** The option `dialect` of an optimizer that exists in these systems. `'lockstep'` is the documented form. */
export function dialects<const D extends Dialect>(...names: readonly D[]): Option<D | 'lockstep'> {
  return fixed(choice<D | 'lockstep'>('lockstep', 'lockstep', ...names));
}

/** What the parameters hold: in 'train' the points where gradients are taken, in 'eval' the weights to use and to save. */
export type Mode = 'train' | 'eval';

/** The options of one step: every one of them, and none as a function of the step. */
export type Values<O> = { readonly [K in keyof O]-?: Exclude<O[K], ((...args: never[]) => unknown) | undefined> };

export interface Definition<O extends object> {
  readonly options: OptionList<O>;
  /** Defaults that a dialect has of its own. */
  readonly defaults?: Readonly<Partial<Record<Dialect, Partial<Required<O>>>>>;
  /** What is wrong with options that are each right by themselves, as the rest of a sentence; asked whenever one is set. */
  conflict?(options: Required<O>): string | undefined;
  /**
   * Whether the rule divides by √state + eps (or √(state + eps), or the larger of both) where the state can be 0. Then eps must
   * not be 0 in the type of the params: a gradient of 0 would make 0 / 0. `round` rounds to that type. Where it is not given,
   * no divisor depends on eps.
   */
  dividesByEps?(options: Required<O>, round: (value: number) => number): boolean;
  /**
   * Whether its rules keep squares of gradients, which may be infinite where the gradient is finite. `nonFinite` then looks at
   * what the state would become.
   */
  readonly squares?: boolean;
  /** The rule, chosen once by the options that the optimizer is made with. */
  rule(options: Values<O>): Rule;
  /** What a state array starts with, where not with 0. */
  initial?(options: Values<O>): Readonly<Record<string, number>>;
  /** Numbers that a parameter carries from step to step beside its arrays, by name, with what they start with. */
  scalars?(options: Values<O>): Readonly<Record<string, number>>;
  /**
   * Writes the scalars of step `t`, counted from 1: the rule's from `row[at]` on, and what the prologue needs. The numbers
   * that the parameter carries stand in their order from `scalars[scalarsAt]` on, and are changed in place.
   */
  coefficients(
    row: Float64Array,
    at: number,
    options: Values<O>,
    t: number,
    scalars: Float64Array,
    scalarsAt: number,
  ): void;
  /** The step from which on `coefficients` writes the same in every step; where it is not given, there is none. */
  settlesAt?(options: Values<O>): number;
  /**
   * Changes the rule's scalars by what it measures: the sums of squares, in the order of their names, start at
   * `sums[sumsAt]`. Called for rules that measure something, between `coefficients` and the step.
   */
  adapt?(row: Float64Array, at: number, options: Values<O>, sums: Float64Array, sumsAt: number): void;
  /** For optimizers whose parameters are not yet the weights in 'train' mode: how they go from one mode to the other. */
  readonly modes?: {
    /** The state array that lies on one line with both points. */
    readonly towards: string;
    /** How much of the way to it a parameter goes when the mode becomes `mode`; negative for away from it. */
    share(mode: Mode, options: Values<O>): number;
  };
}

/** The `conflict` of optimizers with momentum in PyTorch's form. */
export function momentumConflict(options: {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly dialect: Dialect | 'lockstep';
}): string | undefined {
  const { momentum, dampening, nesterov, dialect } = options;
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    return `nesterov needs momentum > 0 and dampening 0, received momentum ${momentum}, dampening ${dampening}`;
  }
  if (dampening !== 0 && dialect !== 'lockstep' && dialect !== 'torch') {
    return `dampening must be 0 in dialect '${dialect}', which has none, received ${dampening}`;
  }
  return undefined;
}

/**
 * The trust ratio of layer-wise optimizers, from sums of squares: coefficient·|W| / (|u| + decay·|W| + eps), or 1 where
 * either norm is 0.
 *
 * It is 1, too, where it would be NaN or more than 1e30, so that a NaN stays with its element: where a norm is NaN, where
 * |W| is infinite (the squares of f64 values overflow beyond 1e154, those of f32 never), or where nearly all of u has
 * underflowed. Where |u| alone is infinite it is 0.
 */
export function trustRatio(
  paramSquares: number,
  directionSquares: number,
  coefficient = 1,
  decay = 0,
  eps = 0,
): number {
  const paramNorm = Math.sqrt(paramSquares);
  const directionNorm = Math.sqrt(directionSquares);
  const ratio = (coefficient * paramNorm) / (directionNorm + decay * paramNorm + eps);
  return paramNorm > 0 && directionNorm > 0 && ratio <= 1e30 ? ratio : 1;
}

/**
 * How an optimizer treats weight decay: 'l2' adds weightDecay·W to the gradient; 'decoupled' shrinks W by
 * lr·weightDecay·W, which the moments never see; 'independent' shrinks it by weightDecay·W, whatever lr.
 */
export type WeightDecayMode = 'l2' | 'decoupled' | 'independent';

/** The option `weightDecayMode`. */
export const weightDecayMode = (fallback: WeightDecayMode): Option<WeightDecayMode> =>
  choice<WeightDecayMode>(fallback, 'l2', 'decoupled', 'independent');

/** The prologue of an optimizer with `maximize` and `weightDecay`. */
export function writeDecay(
  row: Float64Array,
  at: number,
  { lr, weightDecay, maximize }: { readonly lr: number; readonly weightDecay: number; readonly maximize: boolean },
  mode: WeightDecayMode,
): void {
  const l2 = mode === 'l2' ? weightDecay : 0;
  const shrinking = mode === 'decoupled' ? lr * weightDecay : mode === 'independent' ? weightDecay : 0;
  row[at + before.gradScale] = maximize ? -1 : 1;
  row[at + before.l2] = l2;
  row[at + before.decay] = 1 - shrinking;
}

/** Writes the shares of two running averages: what is kept of each, and what the new value counts. */
export function writeBetas(
  row: Float64Array,
  at: number,
  c: { readonly beta1: number; readonly rest1: number; readonly beta2: number; readonly rest2: number },
  betas: readonly [number, number],
): void {
  row[at + c.beta1] = betas[0]; // not destructured: an iterator would cost more than the rest of this
  row[at + c.rest1] = 1 - betas[0];
  row[at + c.beta2] = betas[1];
  row[at + c.rest2] = 1 - betas[1];
}
