/**
 * `base ** exponent` for an integer exponent >= 0, from multiplications alone.
 *
 * `Math.pow` may differ by an ulp between engines and C libraries; this has the same bits everywhere. It starts anew
 * from the step count each time: a running product would drift, and a resumed run would not repeat an unbroken one.
 */
export function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
