import { indexes, limit, type Rule, sign } from './rule.js';

const { fround } = Math;

const c = indexes('shrink', 'grow', 'smallest', 'largest');

/** `agreement` is the product of the signs of this gradient and the last. */
function factorOf(agreement: number, shrink: number, grow: number): number {
  if (agreement > 0) return grow;
  return 0 > agreement ? shrink : 1 + agreement; // NaN stays NaN
}

/**
 * Rprop: s ← limit(s·factor, smallest, largest), where factor is shrink, 1 or grow; where it is shrink, g ← 0;
 * W ← W − s·sign(g); last g ← g. Mirrors src/rules/rprop.h.
 */
export const rprop = {
  name: 'Rprop',
  coefficients: c,
  state: ['prev', 'stepSize'],

  f32(row, param, grad, state) {
    const shrink = row[c.shrink];
    const grow = row[c.grow];
    const smallest = row[c.smallest];
    const largest = row[c.largest];
    const prev = state[0];
    const stepSize = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const direction = sign(grad[i]);
      const agreement = direction * sign(prev[i]);
      const size = limit(fround(stepSize[i] * factorOf(agreement, shrink, grow)), smallest, largest);
      stepSize[i] = size;
      param[i] = fround(param[i] - fround(size * (0 > agreement ? 0 : direction)));
      prev[i] = 0 > agreement ? 0 : grad[i];
    }
  },

  f64(row, param, grad, state) {
    const shrink = row[c.shrink];
    const grow = row[c.grow];
    const smallest = row[c.smallest];
    const largest = row[c.largest];
    const prev = state[0];
    const stepSize = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const direction = sign(grad[i]);
      const agreement = direction * sign(prev[i]);
      const size = limit(stepSize[i] * factorOf(agreement, shrink, grow), smallest, largest);
      stepSize[i] = size;
      param[i] = param[i] - size * (0 > agreement ? 0 : direction);
      prev[i] = 0 > agreement ? 0 : grad[i];
    }
  },
} as const satisfies Rule;
