import type { Rule } from './rule.js';

/** A rule made by `Cautious` of src/rules/cautious.h: its last coefficient is `keepScale`, and it measures `kept`. */
type Kept = Rule & { readonly coefficients: { readonly keepScale: number } };

/**
 * Completes a cautious rule, whose text leaves one coefficient to the step: elements that are kept are scaled up by as much
 * as was dropped, but at most a thousandfold. The squares of `kept` are 1 or 0, so their sum counts the kept elements.
 */
export function cautious(rule: Kept): Rule {
  const { keepScale } = rule.coefficients;
  return {
    ...rule,
    adapt(row, at, sums, sumsAt, length) {
      row[at + keepScale] = length / Math.max(sums[sumsAt], 0.001 * length);
    },
  };
}
