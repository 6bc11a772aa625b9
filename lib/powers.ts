/**
 * `base ** exponent`, for a base in [0, 1) and an integer exponent >= 0, correctly rounded in all but rare cases.
 *
 * Powers by squaring, from multiplications and additions alone: `Math.pow` may differ by an ulp between engines and C
 * libraries, this has the same bits everywhere. It starts anew from the step count each time: a running product would
 * drift, and a resumed run would not repeat an unbroken one.
 *
 * Each factor is kept as an unevaluated sum high + low (Dekker 1971). In plain doubles the error of a square doubles
 * with every squaring, and 1 - betaᵗ would be hundreds of ulps off after a thousand steps.
 */
export function power(base: number, exponent: number): number {
  let high = 1;
  let low = 0;
  let squareHigh = base;
  let squareLow = 0;
  // Two halves of 30 and 23 bits: a remainder of doubles costs more than all that follows.
  let upper = Math.floor(exponent / 2 ** 30);
  let bits = exponent - upper * 2 ** 30;
  for (let k = 0; bits > 0 || upper > 0; k++, bits >>= 1) {
    if (k === 30) {
      bits = upper;
      upper = 0;
    }
    if ((bits & 1) === 1) {
      const product = high * squareHigh;
      const error = productError(high, squareHigh, product) + (high * squareLow + low * squareHigh);
      high = product + error;
      low = error - (high - product);
    }
    const square = squareHigh * squareHigh;
    const error = productError(squareHigh, squareHigh, square) + 2 * (squareHigh * squareLow);
    squareHigh = square + error;
    squareLow = error - (squareHigh - square);
  }
  return high;
}

/** What rounding took from the product a * b. */
function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const aLow = a - aHigh;
  const bHigh = upperHalf(b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper 26 bits, so that products of halves are exact (Veltkamp). */
function upperHalf(value: number): number {
  const shifted = value * (2 ** 27 + 1);
  return shifted - (shifted - value);
}
