// Rows of coefficients: what stands in them before a rule's own.

import { prologueWidth, ruleStart, stages } from './plan.js';
import { Prologue } from './rules/prologue.js';

/**
 * Offsets of the prologue's coefficients from the rule's first one, so they are negative: `row[at + before.decay]`. Each
 * coefficient is written where it is computed: V8 boxes doubles at calls that it does not inline.
 */
export const before = {
  gradScale: Prologue.coefficients.gradScale - prologueWidth,
  l2: Prologue.coefficients.l2 - prologueWidth,
  decay: Prologue.coefficients.decay - prologueWidth,
};

/** Writes stages and a prologue that change nothing, from `row[start]` on. */
export function neutralRow(row: Float64Array, start: number): void {
  row[start + stages.scale] = 1;
  row[start + stages.bound] = Infinity;
  row[start + stages.averageShare] = 0;
  row[start + stages.zeroGrad] = 0;
  row[start + ruleStart + before.gradScale] = 1;
  row[start + ruleStart + before.l2] = 0;
  row[start + ruleStart + before.decay] = 1;
}

/**
 * Whether the prologue would change nothing. It is left out then, in every backend alike, as decided on the row's f64 values
 * before they are rounded (src/lanes.h has the same).
 */
export function isIdentity(row: Float64Array, at: number): boolean {
  return row[at + before.gradScale] === 1 && row[at + before.l2] === 0 && row[at + before.decay] === 1;
}

/** Takes back what a prologue does to W itself, for a step in which no parameter moves. */
export function keepParams(row: Float64Array, at: number): void {
  row[at + before.decay] = 1;
}

/** What the prologue multiplies the gradient by. */
export function gradScaleOf(row: Float64Array, at: number): number {
  return row[at + before.gradScale];
}

/** Multiplies what the prologue multiplies the gradient by. */
export function scaleGrad(row: Float64Array, at: number, factor: number): void {
  row[at + before.gradScale] *= factor;
}

/** Multiplies the gradient of a neutral row by `scale`, and holds it within ±bound. */
export function scaleRow(row: Float64Array, start: number, scale: number, bound: number): void {
  if (bound !== Infinity) {
    row[start + stages.scale] = scale;
    row[start + stages.bound] = bound;
  } else if (scale !== 1) {
    scaleGrad(row, start + ruleStart, scale);
  }
}
