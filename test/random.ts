// Numbers that are the same on every platform: integer arithmetic and exact scaling by powers of two, no libm.

import type { FloatArray } from 'lockstep';

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** xorshift32 (Marsaglia 2003). */
  uint32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  below(limit: number): number {
    return this.uint32() % limit;
  }

  /** In [-1, 1). */
  unit(): number {
    return this.uint32() / 2 ** 31 - 1;
  }
}

const specials = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  5e-324,
  -5e-324,
  1e-45,
  -1e-45,
  1e-40,
  3.4e38,
  -3.4e38,
  1e300,
  -1e-300,
];

const scales = Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 20));

/** Fills with values of both signs over some thirty binary orders of magnitude. */
export function fillOrdinary(array: FloatArray, random: Random): void {
  for (let i = 0; i < array.length; i++) array[i] = random.unit() * scales[random.below(scales.length)];
}

/** As `fillOrdinary`, with a NaN, an infinity, a zero, a subnormal or a huge number every eighth element or so. */
export function fillSpecial(array: FloatArray, random: Random): void {
  fillOrdinary(array, random);
  for (let i = random.below(8); i < array.length; i += 1 + random.below(15)) {
    array[i] = specials[random.below(specials.length)];
  }
}
