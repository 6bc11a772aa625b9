// Rows of coefficients: what stands in them before a rule's own.

import { ruleStart, stages } from './plan.js';
import { prologue, prologueWidth } from './rules/prologue.js';

const c = prologue.coefficients;

/** Writes stages and a prologue that change nothing, from `row[start]` on. */
export function neutralRow(row: Float64Array, start: number): void {
  row[start + stages.scale] = 1;
  row[start + stages.bound] = Infinity;
  row[start + stages.averageShare] = 0;
  row[start + stages.zeroGrad] = 0;
  writePrologue(row, start + ruleStart, 1, 0, 1);
}

/** Writes the scalars that stand before the rule's, which start at `at`. */
export function writePrologue(row: Float64Array, at: number, gradScale: number, l2: number, decay: number): void {
  row[at - prologueWidth + c.gradScale] = gradScale;
  row[at - prologueWidth + c.l2] = l2;
  row[at - prologueWidth + c.decay] = decay;
}

/** Takes back what a prologue does to W itself, for a step in which no parameter moves. */
export function keepParams(row: Float64Array, at: number): void {
  row[at - prologueWidth + c.decay] = 1;
}

/** What the prologue multiplies the gradient by. */
export function gradScaleOf(row: Float64Array, at: number): number {
  return row[at - prologueWidth + c.gradScale];
}

/** Multiplies what the prologue multiplies the gradient by. */
export function scaleGrad(row: Float64Array, at: number, factor: number): void {
  row[at - prologueWidth + c.gradScale] *= factor;
}
