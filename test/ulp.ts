import type { FloatArray } from 'lockstep';

/** The distance between `value` and the next float of larger magnitude, in the type of `like`. */
export function ulp(value: number, like: FloatArray): number {
  const [fractionBits, minExponent] = like instanceof Float32Array ? [23, -126] : [52, -1022];
  const magnitude = Math.abs(value);
  const exponent = Math.max(exponentOf(magnitude), minExponent);
  return 2 ** (exponent - fractionBits);
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** floor(log2) of a positive number, exactly; less than any normal exponent for a subnormal or zero. */
function exponentOf(magnitude: number): number {
  double[0] = magnitude;
  return ((words[1] >>> 20) & 0x7ff) - 1023;
}

/** The distance of an array from the reference, in ulps of each element's largest magnitude so far. */
export class Drift {
  largest = 0;
  readonly #magnitude: Float64Array;

  constructor(initial: FloatArray) {
    this.#magnitude = Float64Array.from(initial, Math.abs);
  }

  follow(actual: FloatArray, expected: FloatArray | undefined): void {
    for (let i = 0; i < actual.length; i++) {
      this.#magnitude[i] = Math.max(this.#magnitude[i], Math.abs(actual[i]));
      if (expected === undefined) continue;
      const unit = ulp(Math.max(this.#magnitude[i], Math.abs(expected[i])), actual);
      this.largest = Math.max(this.largest, Math.abs(actual[i] - expected[i]) / unit);
    }
  }
}
