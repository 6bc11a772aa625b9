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
