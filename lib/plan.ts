// What a backend is: it binds an optimizer's arrays, and the plan that it answers with runs the steps.

import type { FloatArray } from './arrays.js';
import { Prologue } from './rules/prologue.js';
import { indexes, type Rule } from './rules/rule.js';

/** An instruction set of the addon. */
export type NativeName = 'avx512' | 'avx2' | 'sse2' | 'neon' | 'scalar';

/** A backend. All of them write the same bits. */
export type BackendName = NativeName | 'typescript';

/**
 * What stands first in a row of coefficients. `scale` and `bound`: the gradient, if several their sum, is multiplied by
 * scale and held within ±bound; with Infinity it is left as it is. `averageShare`: average ← average +
 * averageShare·(W − average) after the rule; 0 leaves it as it is. `zeroGrad`: unless 0, the gradients become zero.
 * Mirrors `Stages` in src/plan.h.
 */
export const stages = indexes('scale', 'bound', 'averageShare', 'zeroGrad');

/** How many scalars the prologue has. */
export const prologueWidth = Object.keys(Prologue.coefficients).length;

/** Where the prologue's coefficients start in a row: after those of the stages. */
export const prologueStart = Object.keys(stages).length;

/** Where the rule's coefficients start: after the prologue's. */
export const ruleStart = prologueStart + prologueWidth;

/** How many scalars a row needs for a rule. */
export function rowWidth(rule: Rule): number {
  return ruleStart + Object.keys(rule.coefficients).length;
}

/**
 * What is measured of a parameter, as sums of squares. `grad`: its gradient, if several their sum, as it comes;
 * `clampedGrad`: scaled and held within its bound, where there is one; from `rule` on what the rule measures. Mirrors `Sums`
 * in src/plan.h.
 */
export const sums = indexes('grad', 'clampedGrad', 'rule', 'rule2');

export const sumsWidth = Object.keys(sums).length;

/**
 * What stands behind the rows of a step: how many gradients a parameter has, and the row that the others count from. Mirrors
 * `StepScalars` in src/plan.h.
 */
export const stepScalars = indexes('sourceCount', 'firstRow');

/** How many steps a plan has room for to write their rows in advance, where one row a step will do. */
export const stepsAhead = 16;

/** One parameter, its state, and its running average if one is kept. */
export interface BoundTensor {
  readonly rule: Rule;
  /** The parameter, then its state in the rule's order. */
  readonly arrays: readonly FloatArray[];
  readonly average: FloatArray | null;
}

/** The private memory through which an engine tells a plan what to do, and a plan what it measured. */
export interface Control {
  /** As many rows as parameters, or more. */
  readonly coefficients: Float64Array;
  /** How many scalars a row has: enough for every rule. */
  readonly width: number;
  /** Each parameter's row, or -1 to leave it alone; then what `stepScalars` names. */
  readonly rows: Int32Array;
  /** `sumsWidth` numbers a parameter. */
  readonly sums: Float64Array;
  /** How many threads a step may use. */
  readonly threads: number;
}

/** The memory for so many parameters with these rules. */
export function newControl(rules: readonly Rule[], threads: number): Control {
  let width = 0;
  for (const rule of new Set(rules)) width = Math.max(width, rowWidth(rule));
  return {
    coefficients: new Float64Array(Math.max(rules.length, stepsAhead) * width),
    width,
    rows: new Int32Array(rules.length + Object.keys(stepScalars).length),
    sums: new Float64Array(rules.length * sumsWidth),
    threads,
  };
}

/** One optimizer's arrays, bound to a backend. All functions leave parameters alone that have no row or no gradient. */
export interface Plan {
  /** One sweep: gradients prepared, rules run, averages moved, gradients zeroed. */
  step(): void;
  /** Writes the sums that the rules ask for, and no array. */
  measure(): void;
  /** Writes the sums of the gradients. */
  measureGrads(): void;
  /**
   * Whether `bindGrads` refuses gradients of another type or length than their parameter's, or that share memory with what
   * the plan writes, and nothing can happen to them from then until a step.
   */
  readonly checksGrads: boolean;
  /**
   * Binds a gradient, or `null` for none, to every parameter, as its first (0) or a further one. Unless `checksGrads` they
   * are checked already. Where it throws, some may be bound and others not.
   *
   * @throws SharedMemory where a gradient shares memory with an array of the plan; `index` is source * parameters + parameter
   */
  bindGrads(source: number, grads: readonly (FloatArray | null)[]): void;
}

/**
 * What the addon throws for arrays that share memory: it compares their addresses, so it sees two SharedArrayBuffer objects
 * over one memory, too. It knows arrays by index only; `Written.named` makes of this the error that users get.
 */
export interface SharedMemory extends RangeError {
  readonly code: 'ERR_OVERLAP';
  /** The array that is refused: which parameter, or which gradient. */
  readonly index: number;
  /** The parameter that it shares memory with: the parameter itself, its state or its average. */
  readonly other: number;
}

export interface Backend {
  readonly name: BackendName;
  /** @throws SharedMemory where two of the arrays share memory; `index` is the parameter's */
  bind(tensors: readonly BoundTensor[], control: Control): Plan;
}
