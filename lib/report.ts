// The report that a step returns, and the options of a single step.

import type { NonFiniteElement } from './non_finite.js';
import { readOnlyView } from './views.js';

/**
 * What a step did. The optimizer returns the same object each time: copy what you want to keep, as in `{ ...report }`. To
 * assign one of its properties is a TypeError `ERR_READ_ONLY`.
 */
export interface StepReport {
  /** Whether any parameter was updated. */
  readonly stepped: boolean;
  /** How many steps have updated a parameter since the optimizer was made, this one included. */
  readonly step: number;
  /** How many parameters were left alone because their gradient was `null`. */
  readonly skipped: number;
  /**
   * The norm of all gradients together: after `gradScale`, `clipValue` and `clipTensorNorm`, before `clipNorm`. In a call that
   * only gathers, with `gradNorm: true`: the norm of the gradients of that call. `null` in steps that measure no norm, and in
   * skipped steps.
   */
  readonly gradNorm: number | null;
  /** The factor by which `clipNorm` scaled all gradients; 1 where it left them alone. */
  readonly clipCoefficient: number;
  /**
   * The first element of the gradients that is NaN or infinite, or whose square overflows in the rule; `null` where there is
   * none. Looked for in each step that measures gradients: with `clipNorm`, `clipTensorNorm`, `gradNorm: true` or a `nonFinite`
   * that is not 'propagate'.
   */
  readonly nonFinite: NonFiniteElement | null;
  /** With `accumulate`: how many calls were gathered since the last step, and wait for the next one. 0 after a step. */
  readonly pending: number;
  /**
   * How many steps in a row `nonFinite: 'skip'` has skipped, this one included; 0 after a step that updated a parameter.
   * Calls that only gather, and steps whose gradients are all `null`, leave the count as it is.
   */
  readonly skippedInARow: number;
}

/** Options of a single step. */
export interface StepOptions {
  /** Instead of the optimizer's `gradScale`. */
  readonly gradScale?: number;
}

/** The report as the engine writes it. */
type WrittenReport = { -readonly [K in keyof StepReport]: StepReport[K] };

export function newReport(): WrittenReport {
  return {
    stepped: false,
    step: 0,
    skipped: 0,
    gradNorm: null,
    clipCoefficient: 1,
    nonFinite: null,
    pending: 0,
    skippedInARow: 0,
  };
}

/** The report as users read it: they can neither change it nor have code run when it is written. */
export function viewOf(report: WrittenReport): StepReport {
  return readOnlyView('report', report, 'a report says what a step did');
}

/**
 * Makes it the report of a call that has done nothing so far.
 *
 * @param count how many steps updated a parameter
 * @param pending how many calls were gathered for the next step
 */
export function resetReport(report: WrittenReport, count: number, pending: number, skippedInARow: number): void {
  report.stepped = false;
  report.step = count;
  report.skipped = 0;
  report.gradNorm = null;
  report.clipCoefficient = 1;
  report.nonFinite = null;
  report.pending = pending;
  report.skippedInARow = skippedInARow;
}
