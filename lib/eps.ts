// An eps that keeps a divisor from 0 must not be 0 itself, once it is rounded to the type of the params.

import { arrayNames, type Dtype, roundTo } from './arrays.js';
import type { Definition } from './definition.js';
import { describe, rangeError } from './errors.js';

/** The smallest number that each type does not round to 0. In f32, 2⁻¹⁵⁰ lies midway between 0 and 2⁻¹⁴⁹, and ties go to 0. */
const smallest: Readonly<Record<Dtype, number>> = { f32: 2 ** -150 * (1 + Number.EPSILON), f64: Number.MIN_VALUE };

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
    const round = roundTo[dtype];
    if (round(eps) !== 0 || !definition.dividesByEps?.(options, round) || !hasDtype(dtype)) continue;
    throw rangeError(
      'ERR_INVALID_OPTION',
      `eps must be at least ${smallest[dtype]} for ${optimizerName} over a ${arrayNames[dtype]}, since a smaller one is rounded to 0 and a gradient of 0 then becomes NaN, received ${describe(eps)}`,
    );
  }
}
