import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { exp, log, pow } from '../lib/elementary.js';
import { power } from '../lib/powers.js';
import { Random } from './random.js';
import { ulp } from './ulp.js';

/** Spread evenly over the range; inside of it, so that no result is infinite or zero. */
function between(low: number, high: number, count = 10_000): readonly number[] {
  const random = new Random(3);
  return Array.from({ length: count }, () => low + ((high - low) * (random.unit() + 1)) / 2);
}

/** The largest distance, in ulps. What engines have is some tenths of an ulp off itself. */
function distance(points: readonly number[], actual: (x: number) => number, expected: (x: number) => number): number {
  const like = new Float64Array();
  return Math.max(...points.map((x) => Math.abs(actual(x) - expected(x)) / ulp(expected(x), like)));
}

describe('within two ulps', () => {
  test.each([
    [-745, 709.7],
    [-1, 1],
    [-1e-8, 1e-8],
  ])('exp from %f to %f', (low, high) => {
    expect(distance(between(low, high), exp, Math.exp)).toBeLessThanOrEqual(2);
  });

  test.each([
    [-1074, 1023.9],
    [-1, 1],
    [-1e-10, 1e-10],
  ])('log from 2^%f to 2^%f', (low, high) => {
    const points = between(low, high).map((x) => 2 ** x);
    expect(distance(points, log, Math.log)).toBeLessThanOrEqual(2);
  });

  test.each([
    [0.96, 0, 500],
    [1.0001, -1e6, 1e6],
    [10, -43, 43],
    [2 ** -1000, -1, 1],
  ])('%f to the power of %f to %f', (base, low, high) => {
    const of = (power: typeof pow) => (exponent: number) => power(base, exponent);
    expect(distance(between(low, high), of(pow), of(Math.pow))).toBeLessThanOrEqual(2);
  });

  test.each([0.96, 0.9, 0.999, 0.1])('%f to a whole power, of which `power` has all bits', (base) => {
    const exponents = between(0, 100 / -Math.log(base)).map(Math.floor);
    const exact = (exponent: number) => power([base], 0, exponent);
    expect(distance(exponents, (exponent) => pow(base, exponent), exact)).toBeLessThanOrEqual(2);
  });
});

// Correctly rounded, but for 10 ** -0.8, which is an ulp less than that.
test.each([
  [-1, 0.36787944117144233],
  [0.5, 1.6487212707001282],
  [100, 2.6881171418161356e43],
  [-700.25, 7.678723813110872e-305],
  [709.5, 1.3549863193146328e308],
  [-740, 4.2e-322],
  [1e-20, 1],
])('exp(%f) is %f to the bit', (x, expected) => {
  expect(exp(x)).toBe(expected);
});

test.each([
  [2, Math.LN2],
  [3, 1.0986122886681098],
  [10, Math.LN10],
  [0.96, -0.040821994520255166],
  [1.0000000000000002, 2.2204460492503128e-16],
  [0.9999999999999999, -1.1102230246251565e-16],
  [5e-324, -744.4400719213812],
  [1e308, 709.1962086421661],
])('log(%f) is %f to the bit', (x, expected) => {
  expect(log(x)).toBe(expected);
});

test.each([
  [0.96, 0.004, 0.9998367253526753],
  [0.96, 0.008, 0.9996734773639611],
  [0.96, 250.5, 3.6219618901868794e-5],
  [1.0001, 0.75, 1.000074999062539],
  [1.5, 0.75, 1.3554030054147672],
  [10, -0.8, 0.15848931924611132],
  [1e-300, 0.5, 1e-150],
])('pow(%f, %f) is %f to the bit', (base, exponent, expected) => {
  expect(pow(base, exponent)).toBe(expected);
});

test('edges', () => {
  expect(exp(0)).toBe(1);
  expect(log(1)).toBe(0);
  expect(exp(710)).toBe(Infinity);
  expect(exp(-746)).toBe(0);
  expect(pow(7, 0)).toBe(1);
  expect(pow(1, 1e300)).toBe(1);
  expect(pow(2, 1e300)).toBe(Infinity);
  expect(pow(0.5, 1e300)).toBe(0);
});

test('the same bits from every engine', () => {
  const results = [
    ...between(-745, 709.7).map((x) => exp(x)),
    ...between(0, 4).map((x) => log(x)),
    ...between(0, 1e308).map((x) => log(x)),
    ...between(0, 1).map((x) => pow(0.96, x * 1000)),
    ...between(0, 2).map((x) => pow(1 + x * 1e6, 0.75)),
  ];
  const digest = createHash('sha256').update(Float64Array.from(results)).digest('hex');
  expect(digest).toBe('f4616f55c9d3248189132e55a2d0fd070bdf37a52b8f0d828094c7baad173138');
});
