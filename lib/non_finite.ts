// Which gradient is not finite: asked only where a norm says that one may be.

import type { FloatArray } from './arrays.js';
import type { Param } from './params.js';

/** Where the first NaN or infinity stands. */
export interface NonFiniteElement {
  /** The name of the parameter, or its index. */
  readonly param: string | number;
  /** The element. */
  readonly index: number;
}

/** The first element that is not finite once the gradients of a parameter are summed and scaled, or `null`. */
export function findNonFinite(
  { name, gradLabel, dtype, length }: Param,
  grads: readonly FloatArray[],
  scale: number,
): (NonFiniteElement & { readonly label: string; readonly value: number }) | null {
  const round = dtype === 'f32' ? Math.fround : (value: number) => value;
  for (let index = 0; index < length; index++) {
    let sum = grads[0][index];
    for (let k = 1; k < grads.length; k++) sum = round(sum + grads[k][index]);
    const value = round(round(scale) * sum);
    if (!Number.isFinite(value)) return { param: name, index, label: gradLabel, value };
  }
  return null;
}
