// What one optimizer is, as data: its options, the rule that they choose, and the scalars of a step.

import { choice, fixed, type Option, type OptionList } from './options.js';
import { prologue, prologueWidth } from './rules/prologue.js';
import type { Rule } from './rules/rule.js';

/** A system whose form, defaults and state an optimizer takes on, where it differs from lockstep's own. */
export type Dialect = 'torch' | 'keras' | 'optax' | 'tfjs';

/** The option `dialect` of an optimizer that exists in these systems. `'lockstep'` is the documented form. */
export function dialects<const D extends Dialect>(...names: readonly D[]): Option<D | 'lockstep'> {
  return fixed(choice<D | 'lockstep'>('lockstep', 'lockstep', ...names));
}

export interface Definition<O extends object> {
  readonly options: OptionList<O>;
  /** Defaults that a dialect has of its own. */
  readonly defaults?: Readonly<Partial<Record<Dialect, Partial<Required<O>>>>>;
  /** What is wrong with options that are each right by themselves, as the rest of a sentence; asked whenever one is set. */
  conflict?(options: Required<O>): string | undefined;
  /** The rule, chosen once by the options that the optimizer is made with. */
  rule(options: Required<O>): Rule;
  /** What a state array starts with, where not with 0. */
  initial?(options: Required<O>): Readonly<Record<string, number>>;
  /** Writes the scalars of step `t`, counted from 1: the rule's from `row[at]` on, and what the prologue needs. */
  coefficients(row: Float64Array, at: number, options: Required<O>, t: number): void;
}

const c = prologue.coefficients;

/** The prologue that changes nothing. */
export function neutralPrologue(row: Float64Array, at: number): void {
  writePrologue(row, at, 1, 0, 1);
}

/** How an optimizer treats weight decay: inside the gradient, or as a shrinking of W that the moments never see. */
export type WeightDecayMode = 'l2' | 'decoupled';

/** The prologue of an optimizer with `maximize` and `weightDecay`. */
export function writeDecay(
  row: Float64Array,
  at: number,
  { lr, weightDecay, maximize }: { readonly lr: number; readonly weightDecay: number; readonly maximize: boolean },
  mode: WeightDecayMode,
): void {
  const l2 = mode === 'l2' ? weightDecay : 0;
  writePrologue(row, at, maximize ? -1 : 1, l2, mode === 'decoupled' ? 1 - lr * weightDecay : 1);
}

/** Writes the scalars that stand before the rule's, which start at `at`. */
export function writePrologue(row: Float64Array, at: number, gradScale: number, l2: number, decay: number): void {
  row[at - prologueWidth + c.gradScale] = gradScale;
  row[at - prologueWidth + c.l2] = l2;
  row[at - prologueWidth + c.decay] = decay;
}
