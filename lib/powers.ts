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
  let powers = remembered.get(base);
  if (powers === undefined) {
    if (remembered.size >= 64) remembered.clear(); // a schedule may ask for ever new bases
    powers = new Powers(base);
    remembered.set(base, powers);
  }
  return powers.at(exponent);
}

/** The powers of one base. A training asks for each exponent after the other, so most of the work is remembered. */
class Powers {
  /** base ** k for k < 64. */
  readonly #smallHigh = new Float64Array(64);
  readonly #smallLow = new Float64Array(64);
  /** base ** 64. */
  readonly #strideHigh: number;
  readonly #strideLow: number;
  /** (base ** 64) ** #large. */
  #large = 0;
  #largeHigh = 1;
  #largeLow = 0;

  constructor(base: number) {
    this.#smallHigh[0] = 1;
    for (let k = 1; k < 64; k++) {
      multiply(this.#smallHigh[k - 1], this.#smallLow[k - 1], base, 0);
      this.#smallHigh[k] = productHigh;
      this.#smallLow[k] = productLow;
    }
    multiply(this.#smallHigh[63], this.#smallLow[63], base, 0);
    this.#strideHigh = productHigh;
    this.#strideLow = productLow;
  }

  at(exponent: number): number {
    const large = Math.floor(exponent / 64);
    if (large !== this.#large) this.#raise(large);
    const small = exponent - large * 64;
    multiply(this.#largeHigh, this.#largeLow, this.#smallHigh[small], this.#smallLow[small]);
    return productHigh;
  }

  /** By squaring. */
  #raise(large: number): void {
    let high = 1;
    let low = 0;
    let squareHigh = this.#strideHigh;
    let squareLow = this.#strideLow;
    for (let rest = large; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) {
        multiply(high, low, squareHigh, squareLow);
        high = productHigh;
        low = productLow;
      }
      multiply(squareHigh, squareLow, squareHigh, squareLow);
      squareHigh = productHigh;
      squareLow = productLow;
    }
    this.#large = large;
    this.#largeHigh = high;
    this.#largeLow = low;
  }
}

const remembered = new Map<number, Powers>();

// What multiply() answers with: a pair would be an allocation in every step.
let productHigh = 1;
let productLow = 0;

/** (aHigh + aLow) * (bHigh + bLow) as productHigh + productLow. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const product = aHigh * bHigh;
  const error = productError(aHigh, bHigh) + (aHigh * bLow + aLow * bHigh);
  productHigh = product + error;
  productLow = error - (productHigh - product);
}

/** What `a * b` was rounded by: a * b + productError(a, b) is the product, exactly (Dekker). */
export function productError(a: number, b: number): number {
  const aUpper = upperHalf(a);
  const aLower = a - aUpper;
  const bUpper = upperHalf(b);
  const bLower = b - bUpper;
  return aLower * bLower - (a * b - aUpper * bUpper - aLower * bUpper - aUpper * bLower);
}

/** The upper 26 bits, so that products of halves are exact (Veltkamp). */
function upperHalf(value: number): number {
  const shifted = value * (2 ** 27 + 1);
  return shifted - (shifted - value);
}
