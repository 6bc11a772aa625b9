import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const c = indexes('share');

/**
 * Linear interpolation: W ← W + share·(end − W), where the end of the line stands in place of the gradient.
 * Mirrors src/rules/lerp.h.
 */
export const lerp = {
  name: 'Lerp',
  coefficients: c,
  state: [],

  f32(row, param, end) {
    const share = row[c.share];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      param[i] = fround(param[i] + fround(share * fround(end[i] - param[i])));
    }
  },

  f64(row, param, end) {
    const share = row[c.share];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      param[i] = param[i] + share * (end[i] - param[i]);
    }
  },
} as const satisfies Rule;
