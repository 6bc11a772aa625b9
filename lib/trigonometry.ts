// The cosine from + - x alone, for the reason that lib/elementary.ts gives. After fdlibm (k_cos.c, k_sin.c).

import { polynomial } from './elementary.js';
import { productError } from './powers.js';

/** pi - Math.PI. */
const piLow = 1.2246467991473532e-16;

/** (cos x - 1 + x^2 / 2) / x^4 and (sin x - x) / x^3 as polynomials in x^2, from the constant on, for |x| <= pi / 4. */
const cosCoefficients = [
  0.0416666666666666, -0.001388888888887411, 0.00002480158728947673, -2.7557314351390663e-7, 2.087572321298175e-9,
  -1.1359647557788195e-11,
];
const sinCoefficients = [
  -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 0.0000027557313707070068, -2.5050760253406863e-8,
  1.58969099521155e-10,
];

/** cos(pi x) for a finite x, within an ulp; exactly 0, 1 or -1 where it is. */
export function cosPi(x: number): number {
  const turn = Math.abs(x) % 2; // exact, as are the differences below
  const half = turn > 1 ? 2 - turn : turn;
  if (half <= 0.25) return cosKernel(half);
  return half < 0.75 ? sinKernel(0.5 - half) : -cosKernel(1 - half);
}

/** cos(pi x), |x| <= 1/4. */
function cosKernel(x: number): number {
  const angle = x * Math.PI;
  const low = productError(x, Math.PI) + x * piLow;
  const z = angle * angle;
  const halfSquare = 0.5 * z;
  const leading = 1 - halfSquare;
  return leading + (1 - leading - halfSquare + (z * z * polynomial(z, cosCoefficients) - angle * low));
}

/** sin(pi x), |x| <= 1/4. */
function sinKernel(x: number): number {
  const angle = x * Math.PI;
  const low = productError(x, Math.PI) + x * piLow;
  const z = angle * angle;
  return angle + (low * (1 - 0.5 * z) + angle * z * polynomial(z, sinCoefficients));
}
