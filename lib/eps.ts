// An eps that keeps a divisor from 0 must not be 0 itself, once it is rounded to the type of the params.

import type { Dtype } from './arrays.js';
import type { Definition } from './definition.js';
import { describe, rangeError } from './errors.js';

interface Rounding {
  readonly arrayName: string;
  round(value: number): number;
  /** The smallest number that is not rounded to 0. */
  readonly smallest: number;
}

const roundings: Readonly<Record<Dtype, Rounding>> = {
  // Half of the smallest Float32 is a tie, which goes to 0.
  f32: { arrayName: 'Float32Array', round: Math.fround, smallest: 2 ** -150 * (1 + Number.EPSILON) },
  f64: { arrayName: 'Float64Array', round: (value) => value, smallest: Number.MIN_VALUE },
};

/**
 * Refuses an option `eps` with which a gradient of 0 would make NaN in the params of one group.
 *
 * @param hasDtype whether the group has a param of that type
 * @throws RangeError `ERR_INVALID_OPTION`
 */
export function refuseVanishingEps<O extends object>(
  optimizerName: string,
  definition: Definition<O>,
  options: Required<O>,
  hasDtype: (dtype: Dtype) => boolean,
): void {
  const { eps } = options as { readonly eps?: unknown };
  if (typeof eps !== 'number') return;
  for (const dtype of ['f32', 'f64'] as const) {
    const { arrayName, round, smallest } = roundings[dtype];
    if (round(eps) !== 0 || !definition.dividesByEps?.(options, round) || !hasDtype(dtype)) continue;
    throw rangeError(
      'ERR_INVALID_OPTION',
      `eps must be at least ${smallest} for ${optimizerName} over a ${arrayName}, which would round it to 0 and make NaN of a gradient of 0, received ${describe(eps)}`,
    );
  }
}
