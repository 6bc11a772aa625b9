/**
 * `bases[i] ** exponent`, for a base in [0, 1) and an integer exponent >= 0, correctly rounded in all but rare cases.
 *
 * From multiplications and additions alone: `Math.pow` may differ by an ulp between engines and C libraries, this has the
 * same bits everywhere. It is a function of its arguments: a running product would drift, and a resumed run would not
 * repeat an unbroken one.
 *
 * Each factor is kept as an unevaluated sum high + low (Dekker 1971). In plain doubles the error of a square doubles with
 * every squaring, and 1 - betaᵗ would be hundreds of ulps off after a thousand steps.
 */
export function power(bases: ArrayLike<number>, i: number, exponent: number): number {
  return powersOf(bases, i, exponent)[exponent & last]; // of any integer: what does not fit 32 bits loses none of its lowest
}

const found = new Float64Array(8);

/**
 * `power` of each of up to 8 bases, in an array that the next call writes again: for every step, where nothing may be
 * allocated. A fraction that a call takes or returns is an allocation, unless V8 inlines the call, and on that is no relying.
 */
export function powersAt(bases: ArrayLike<number>, exponent: number): Float64Array {
  for (let i = 0; i < bases.length; i++) found[i] = powersOf(bases, i, exponent)[exponent & last];
  return found;
}

/**
 * An exponent from which on 1 - power(bases, i, exponent) is 1, whatever i. The powers are less than e^-40 then, since a
 * logarithm ln b is at most b - 1: too little to be seen in a difference from 1.
 */
export function powersVanishAt(bases: readonly number[]): number {
  return Math.ceil(40 / (1 - Math.max(...bases)));
}

/** Unevaluated sums high + low, with the high part split in halves for products. */
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

  /** to[k] = by[i] * this[k], rounded, for k in [begin, end). */
  multiply(by: Doubles, i: number, begin: number, end: number, to: Float64Array): void {
    const { high, low, upper, lower } = this;
    const byHigh = by.high[i];
    const byLow = by.low[i];
    const byUpper = by.upper[i];
    const byLower = by.lower[i];
    for (let k = begin; k < end; k++) {
      const rounded = byHigh * high[k];
      const inner = rounded - byUpper * upper[k] - byLower * upper[k] - byUpper * lower[k];
      to[k] = rounded + (byLower * lower[k] - inner + (byHigh * low[k] + byLow * high[k]));
    }
  }

  /** this[k] = a[i] * b[j] */
  setProduct(k: number, a: Doubles, i: number, b: Doubles, j: number): void {
    const rounded = a.high[i] * b.high[j];
    const inner = rounded - a.upper[i] * b.upper[j] - a.lower[i] * b.upper[j] - a.upper[i] * b.lower[j];
    const error = a.lower[i] * b.lower[j] - inner + (a.high[i] * b.low[j] + a.low[i] * b.high[j]);
    const high = rounded + error;
    const upper = upperHalf(high);
    this.high[k] = high;
    this.low[k] = error - (high - rounded);
    this.upper[k] = upper;
    this.lower[k] = high - upper;
  }
}

/** How many powers stand between two that are found by squaring, and how many are made at a time. */
const stride = 64;
const batch = 16;
const last = stride - 1;

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
    small.set(1, base, 0);
    for (let k = 2; k < stride; k++) small.setProduct(k, small, k - 1, small, 1);
    this.#beginPower.set(0, 1, 0);
  }

  /** Makes a batch of values. */
  make(begin: number, first: number): void {
    if (begin !== this.begin) this.#raise(begin);
    this.#small.multiply(this.#beginPower, 0, first, first + batch, this.values);
  }

  /** By squaring. */
  #raise(begin: number): void {
    const small = this.#small;
    const raised = this.#beginPower;
    square.setProduct(0, small, last, small, 1);
    raised.set(0, 1, 0);
    for (let rest = begin / stride; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) raised.setProduct(0, raised, 0, square, 0);
      square.setProduct(0, square, 0, square, 0);
    }
    this.values.fill(Number.NaN);
    this.begin = begin;
  }
}

const square = new Doubles(1);

/** Those of each base that was asked for. */
const remembered: Powers[] = [];

function powersOf(bases: ArrayLike<number>, i: number, exponent: number): Float64Array {
  const base = bases[i];
  let at = 0;
  while (at < remembered.length && remembered[at].base !== base) at++;
  if (at === 64) remembered.length = at = 0; // a schedule may ask for ever new bases
  if (at === remembered.length) remembered.push(new Powers(base));
  const powers = remembered[at];
  const k = exponent & last;
  if (powers.begin !== exponent - k || Number.isNaN(powers.values[k])) powers.make(exponent - k, k - (k % batch));
  return powers.values;
}

/** What `a * b` was rounded by: a * b + productError(a, b) is the product, exactly (Dekker). */
export function productError(a: number, b: number): number {
  const aUpper = upperHalf(a);
  const bUpper = upperHalf(b);
  const aLower = a - aUpper;
  const bLower = b - bUpper;
  return aLower * bLower - (a * b - aUpper * bUpper - aLower * bUpper - aUpper * bLower);
}

/** The upper 26 bits, so that products of halves are exact (Veltkamp). */
function upperHalf(value: number): number {
  const shifted = value * (2 ** 27 + 1);
  return shifted - (shifted - value);
}
