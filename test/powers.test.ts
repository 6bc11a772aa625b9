import { expect, test } from 'vitest';
import { power, powersVanishAt } from '../lib/powers.js';

/** The correctly rounded power, by exact integer arithmetic. */
function exactPower(base: number, exponent: number): number {
  const scale = 1n << 60n; // every base below is a multiple of 2^-60
  const numerator = BigInt(base * 2 ** 60) ** BigInt(exponent);
  const denominator = scale ** BigInt(exponent);
  // 70 significant bits and a sticky one, so that Number() rounds once and to nearest.
  const shift = BigInt(Math.max(0, denominator.toString(2).length - numerator.toString(2).length + 70));
  const quotient = ((numerator << shift) / denominator) | 1n;
  return Number(quotient) / 2 ** Number(shift);
}

test.each([0.9, 0.98, 0.99, 0.999, 0.9999, 0.95, 0.5])('power(%f, t) is correctly rounded', (base) => {
  for (const t of [1, 2, 3, 7, 10, 31, 64, 100, 365, 999, 1000, 2047]) {
    if (base ** t < 1e-200) continue;
    expect(power([base], 0, t), `t = ${t}`).toBe(exactPower(base, t));
  }
});

test('edges', () => {
  expect(power([0.9], 0, 0)).toBe(1);
  expect(power([0], 0, 0)).toBe(1);
  expect(power([0], 0, 1)).toBe(0);
  expect(power([0], 0, 5)).toBe(0);
  expect(power([0.9], 0, 2 ** 53 - 1)).toBe(0);
  expect(power([1 - 2 ** -53], 0, 2 ** 53)).toBeCloseTo(Math.exp(-1), 15);
});

test.each([[0.9, 0.999], [0.5], [0], [0.9999999, 0.1, 0.2], [1 - 2 ** -53]])('powers of %f … vanish', (...bases) => {
  const exponent = powersVanishAt(bases);
  expect(exponent).toBeLessThan(100 / (1 - Math.max(...bases)));
  for (const i of bases.keys()) expect(1 - power(bases, i, exponent)).toBe(1);
});
