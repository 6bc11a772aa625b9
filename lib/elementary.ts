// exp, log and pow from + - x / alone: `Math` has them too, but engines and C libraries differ by an ulp, and a step must
// have the same bits everywhere. After fdlibm (e_exp.c, e_log.c), with a low part carried from the logarithm on.

import { productError } from './powers.js';

/** ln 2. The high part has 32 bits, so that its product with an exponent is exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** (r - c) / r^2 as a polynomial in r^2, from the constant on, where e^r = 1 + r + r c / (2 - c). */
const expCoefficients = [
  0.16666666666666602, -0.0027777777777015593, 0.00006613756321437934, -0.0000016533902205465252, 4.1381367970572385e-8,
];

/** (log(1 + f) / s - 2) / s^2, s = f / (2 + f), as a polynomial in s^2. */
const logCoefficients = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
];

/** e ** (x + low), within an ulp. `low` is less than an ulp of x. */
export function exp(x: number, low = 0): number {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  // e^x = 2^k e^r, |r| <= ln 2 / 2, r = high - rest.
  const k = Math.floor(x / Math.LN2 + 0.5);
  const high = x - k * ln2High;
  const rest = k * ln2Low - low;
  const r = high - rest;
  const z = r * r;
  const c = r - z * polynomial(z, expCoefficients);
  const power = 1 - (rest - (r * c) / (2 - c) - high);
  // In two steps, of which the first is exact: 2^k may be out of range where the result is not.
  const half = Math.floor(k / 2);
  return power * powerOfTwo(half) * powerOfTwo(k - half);
}

/** The natural logarithm of a finite x > 0, within an ulp. */
export function log(x: number): number {
  return logParts(x)[0];
}

/** base ** exponent for a finite base > 0: within an ulp from e^-10 to e^10, within two from e^-100 to e^100. */
export function pow(base: number, exponent: number): number {
  const parts = logParts(base);
  const high = parts[0]; // not destructured: an iterator would cost more than the rest of this
  const product = high * exponent;
  if (!(Math.abs(product) < 1000)) return exp(product); // all or nothing, and what follows might overflow
  return exp(product, productError(high, exponent) + parts[1] * exponent);
}

/** The logarithm as high + low, with some 60 bits. */
function logParts(x: number): readonly [high: number, low: number] {
  // log x = k ln 2 + log(1 + f), sqrt(1/2) < 1 + f < sqrt(2)
  const isTiny = x < powerOfTwo(-1022);
  const normal = isTiny ? x * powerOfTwo(54) : x;
  let k = exponentOf(normal);
  let significand = normal / powerOfTwo(k);
  if (significand > Math.SQRT2) {
    significand /= 2;
    k++;
  }
  if (isTiny) k -= 54;
  const f = significand - 1;
  // log(1 + f) = 2s + s r(s^2), s = f / (2 + f)
  const divisor = 2 + f;
  const divisorLow = f - (divisor - 2);
  const s = f / divisor;
  const product = s * divisor;
  const sLow = (f - product - productError(s, divisor) - s * divisorLow) / divisor;
  const z = s * s;
  const r = z * polynomial(z, logCoefficients);
  const whole = k * ln2High;
  const sum = whole + 2 * s;
  const low = whole - sum + 2 * s + (2 * sLow + s * r + k * ln2Low);
  const high = sum + low;
  return [high, sum - high + low];
}

/** With the coefficient of z ** k at k. */
export function polynomial(z: number, coefficients: readonly number[]): number {
  let value = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) value = value * z + coefficients[k];
  return value;
}

const bits = new DataView(new ArrayBuffer(8));

/** floor(log2(x)) of a normal x > 0. */
function exponentOf(x: number): number {
  bits.setFloat64(0, x);
  return (bits.getUint16(0) >> 4) - 1023;
}

/** 2 ** exponent, from -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
