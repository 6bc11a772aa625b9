// Which gradient is not finite, or too large for its rule: asked only where a norm says that there may be one.

import { type FloatArray, roundTo } from './arrays.js';
import type { Param } from './params.js';
import { clamp } from './rules/rule.js';

/** What is wrong with an element: it is NaN, it is infinite, or the rule squares it and the square is infinite. */
export type NonFiniteKind = 'nan' | 'infinity' | 'overflow';

/** The first element of the gradients that is not finite, or whose square is not where the rule squares it. */
export interface NonFiniteElement {
  /** The name of the parameter, or its index. */
  readonly param: string | number;
  /** The element. */
  readonly index: number;
  /** 'nan', 'infinity', or 'overflow' where the element is finite and its square, which the rule needs, is not. */
  readonly kind: NonFiniteKind;
}

/** The same with what a message needs. */
export interface FoundElement extends NonFiniteElement {
  readonly label: string;
  readonly value: number;
}

/** What is done to the sum of a parameter's gradients before its rule gets it. */
export interface Preparation {
  /** Multiplied first, then held within ±bound, then multiplied by the factor. */
  readonly scale: number;
  readonly bound: number;
  /** Negative to maximize; NaN where a norm that it depends on is. */
  readonly factor: number;
}

/**
 * Finds the first element that its rule should not get: NaN or infinite in the sum of the gradients, NaN or infinite once it is
 * scaled and clipped, or too large for the rule.
 *
 * @param overflows whether the rule would make an infinite number of an element that is finite; `null` for rules that do not
 */
export function findNonFinite(
  param: Param,
  grads: readonly FloatArray[],
  { scale, bound, factor }: Preparation,
  overflows: ((grad: number, index: number) => boolean) | null,
): FoundElement | null {
  const round = roundTo[param.dtype];
  const isKnown = !Number.isNaN(factor);
  for (let index = 0; index < param.length; index++) {
    let sum = grads[0][index];
    for (let k = 1; k < grads.length; k++) sum = round(sum + grads[k][index]);
    const prepared = round(round(factor) * clamp(round(round(scale) * sum), round(bound)));
    const value = isKnown && Number.isFinite(sum) ? prepared : sum;
    const kind = kindOf(value) ?? (isKnown && overflows?.(value, index) ? 'overflow' : null);
    if (kind === null) continue;
    return { param: param.name, index, kind, label: param.gradLabel, value: factor < 0 ? 0 - value : value };
  }
  return null;
}

function kindOf(value: number): NonFiniteKind | null {
  if (Number.isFinite(value)) return null;
  return Number.isNaN(value) ? 'nan' : 'infinity';
}

/** What the error of `nonFinite: 'throw'` says. */
export function nonFiniteMessage({ label, index, kind, value }: FoundElement): string {
  return kind === 'overflow'
    ? `${label} must have finite squares, but its element ${index} becomes ${value}, whose square overflows`
    : `${label} must be finite, but its element ${index} becomes ${value}`;
}
