// RAdam's ρ: over how many gradients the average of squares is.

import { RAdam } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { averagedLength } from '../lib/optimizers/radam.js';
import { power } from '../lib/powers.js';
import { ulp } from './ulp.js';

// ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ) for the double that is nearest to β₂, computed with 60 digits and rounded once.
const exact: readonly (readonly [beta2: number, t: number, length: number])[] = [
  [0.999, 5, 4.995998000401602],
  [0.999, 6, 5.994163751656718],
  [0.9999, 6, 5.999416637501653],
  [0.999999, 6, 5.9999941666637495],
  [0.9999999999, 5, 4.9999999996],
  [0.9999999999, 6, 5.999999999416667],
  [1 - 2 ** -53, 7, 6.999999999999999],
  [0.9, 6, 5.389564601256192],
  [0.75, 9, 5.538758810695328],
  [0.67, 30, 5.060242649695488],
  [0.999, 999, 835.2899818588281],
  [0.999, 1001, 836.6444673462256],
  [0.999, 20000, 1998.9999183747507],
  [0.5, 3, 2.142857142857143],
  [0, 1, 1],
  [0.999999, 999999, 836045.8295367202],
  [0.2, 1, 1],
  [0.9999999999, 10000000, 9998333.333223127],
];

describe('ρ', () => {
  test.each(exact)('of β₂ = %f in step %i is right to 4 ulp', (beta2, t, length) => {
    const actual = averagedLength(beta2, t, power([beta2], 0, t));
    expect(Math.abs(actual - length) / ulp(length, new Float64Array())).toBeLessThanOrEqual(4);
  });

  // ρ is also the mean of the odd numbers 2·j + 1 with weights β₂ʲ, j < t: sums of positive terms, which nothing cancels in.
  test.each([0.5, 0.9, 0.99, 0.999, 0.9999, 1 - 1e-9])('of β₂ = %f is a weighted mean in every step', (beta2) => {
    let sum = 0;
    let weights = 0;
    for (let t = 1; t <= 2000; t++) {
      const weight = power([beta2], 0, t - 1);
      sum += (2 * t - 1) * weight;
      weights += weight;
      expect(Math.abs(averagedLength(beta2, t, power([beta2], 0, t)) / (sum / weights) - 1)).toBeLessThan(1e-13);
    }
  });
});

test.each(['float32', 'float64'])('the first rectified step has the length that ρ says, %s', (type) => {
  const ArrayType = type === 'float32' ? Float32Array : Float64Array;
  const beta2 = 0.99999;
  const w = new ArrayType(1);
  const radam = new RAdam([w], { lr: 1, betas: [0, beta2], eps: 1e-20 });
  for (let t = 1; t <= 5; t++) radam.step([new ArrayType([1])]);
  const before = w[0];
  expect(before).toBe(-5); // not rectified: as plain as SGD
  radam.step([new ArrayType([1])]);
  const [length, longest] = [5.999941666375002, 199999.0000009102]; // ρ and ρ∞, computed with 60 digits
  const rectified = Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
  expect((before - w[0]) / rectified).toBeCloseTo(1, type === 'float32' ? 3 : 9);
});
