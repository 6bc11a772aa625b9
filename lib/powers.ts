/**
 * `base ** exponent`, for a base in [0, 1) and an integer exponent >= 0, correctly rounded in all but rare cases.
 *
 * From multiplications and additions alone: `Math.pow` may differ by an ulp between engines and C libraries, this has the
 * same bits everywhere. It is a function of its arguments: a running product would drift, and a resumed run would not
 * repeat an unbroken one.
 *
 * Each factor is kept as an unevaluated sum high + low (Dekker 1971). In plain doubles the error of a square doubles with
 * every squaring, and 1 - betaᵗ would be hundreds of ulps off after a thousand steps.
 */
export function power(base: number, exponent: number): number {
  const powers = base === latest.base ? latest : base === latestBut.base ? latestBut : recall(base);
  const k = exponent & (stride - 1); // of any integer: what does not fit 32 bits loses none of its lowest
  if (powers.begin !== exponent - k || Number.isNaN(powers.values[k])) powers.make(exponent - k, k - (k % batch));
  return powers.values[k];
}

/** Unevaluated sums high + low, with the high part split in halves for productError. */
class Doubles {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly upper: Float64Array;
  readonly lower: Float64Array;

  constructor(count: number) {
    this.high = new Float64Array(count);
    this.low = new Float64Array(count);
    this.upper = new Float64Array(count);
    this.lower = new Float64Array(count);
  }

  set(k: number, high: number, low: number): void {
    this.high[k] = high;
    this.low[k] = low;
    this.upper[k] = upperHalf(high);
    this.lower[k] = high - this.upper[k];
  }
}

/** How many powers stand between two that are found by squaring, and how many are made at a time. */
const stride = 64;
const batch = 16;

/**
 * The powers of one base. A training asks for each exponent after the other, so most of the work is remembered, and a few
 * are made in advance: one product is a long chain of operations, but several run side by side.
 */
class Powers {
  readonly base: number;
  /** base ** k for k < stride. */
  readonly #small = new Doubles(stride);
  /** A multiple of stride, and base to that power. */
  begin = 0;
  readonly #beginPower = new Doubles(1);
  /** base ** (begin + k), or NaN where nobody asked for it or for one of its batch. */
  readonly values = new Float64Array(stride).fill(Number.NaN);

  constructor(base: number) {
    this.base = base;
    const small = this.#small;
    small.set(0, 1, 0);
    for (let k = 1; k < stride; k++) {
      multiply(small.high[k - 1], small.low[k - 1], base, 0);
      small.set(k, product[0], product[1]);
    }
    this.#beginPower.set(0, 1, 0);
  }

  /** Makes a batch of values. Short of a return value: a number that a call returns is an allocation. */
  make(begin: number, first: number): void {
    if (begin !== this.begin) this.#raise(begin);
    const values = this.values;
    const { high, low, upper, lower } = this.#small;
    const byHigh = this.#beginPower.high[0];
    const byLow = this.#beginPower.low[0];
    const byUpper = this.#beginPower.upper[0];
    const byLower = this.#beginPower.lower[0];
    for (let k = first; k < first + batch; k++) {
      const rounded = byHigh * high[k];
      const error = splitError(rounded, byUpper, byLower, upper[k], lower[k]) + (byHigh * low[k] + byLow * high[k]);
      values[k] = rounded + error;
    }
  }

  /** By squaring. */
  #raise(begin: number): void {
    const small = this.#small;
    multiply(small.high[stride - 1], small.low[stride - 1], this.base, 0);
    let squareHigh = product[0];
    let squareLow = product[1];
    let high = 1;
    let low = 0;
    for (let rest = begin / stride; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) {
        multiply(high, low, squareHigh, squareLow);
        high = product[0];
        low = product[1];
      }
      multiply(squareHigh, squareLow, squareHigh, squareLow);
      squareHigh = product[0];
      squareLow = product[1];
    }
    this.values.fill(Number.NaN);
    this.begin = begin;
    this.#beginPower.set(0, high, low);
  }
}

/** What multiply() answers with, high and low: a pair of its own, or a variable, would be an allocation in every step. */
const product = new Float64Array(2);

const remembered = new Map<number, Powers>();

/** Those that were asked for last: an optimizer's two betas, most of the time. */
let latest = new Powers(0);
let latestBut = latest;

function recall(base: number): Powers {
  let powers = remembered.get(base);
  if (powers === undefined) {
    if (remembered.size >= 64) remembered.clear(); // a schedule may ask for ever new bases
    powers = new Powers(base);
    remembered.set(base, powers);
  }
  latestBut = latest;
  latest = powers;
  return powers;
}

/** (aHigh + aLow) * (bHigh + bLow). */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const rounded = aHigh * bHigh;
  const error = productError(aHigh, bHigh) + (aHigh * bLow + aLow * bHigh);
  product[0] = rounded + error;
  product[1] = error - (product[0] - rounded);
}

/** What `a * b` was rounded by: a * b + productError(a, b) is the product, exactly (Dekker). */
export function productError(a: number, b: number): number {
  const aUpper = upperHalf(a);
  const bUpper = upperHalf(b);
  return splitError(a * b, aUpper, a - aUpper, bUpper, b - bUpper);
}

/** The same for a product that is known, of numbers that are split. */
function splitError(rounded: number, aUpper: number, aLower: number, bUpper: number, bLower: number): number {
  return aLower * bLower - (rounded - aUpper * bUpper - aLower * bUpper - aUpper * bLower);
}

/** The upper 26 bits, so that products of halves are exact (Veltkamp). */
function upperHalf(value: number): number {
  const shifted = value * (2 ** 27 + 1);
  return shifted - (shifted - value);
}
