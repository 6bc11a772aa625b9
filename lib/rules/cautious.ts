import type { Rule } from './rule.js';

const { fround } = Math;

/**
 * Of what a rule would change, keeps the elements whose change goes against the gradient, and scales them up
 * for those that it drops. Mirrors `Cautious` in src/rules/cautious.h: the rule must add its change to W, and not look at
 * W otherwise.
 */
export function cautious(rule: Rule): Rule {
  const coefficients = { ...rule.coefficients, keepScale: Object.keys(rule.coefficients).length };
  return {
    name: `Cautious${rule.name}`,
    coefficients,
    state: rule.state,

    f32(row, param, grad, state) {
      const keepScale = row[coefficients.keepScale];
      const changes = new Float32Array(param.length);
      rule.f32(row, changes, grad, state);
      const { length } = param;
      for (let i = 0; i < length; i++) {
        const change = changes[i];
        const scale = keepScale * Number(0 > fround(change * grad[i]));
        param[i] = fround(param[i] + fround(scale * change));
      }
    },

    f64(row, param, grad, state) {
      const keepScale = row[coefficients.keepScale];
      const changes = new Float64Array(param.length);
      rule.f64(row, changes, grad, state);
      const { length } = param;
      for (let i = 0; i < length; i++) {
        const change = changes[i];
        const scale = keepScale * Number(0 > change * grad[i]);
        param[i] = param[i] + scale * change;
      }
    },

    measures: {
      names: ['kept'],

      f32(row, param, grad, state, [kept]) {
        const changes = new Float32Array(param.length);
        const copies = state.map((array) => new Float32Array(array));
        rule.f32(row, changes, grad, copies);
        const { length } = param;
        for (let i = 0; i < length; i++) kept[i] = Number(0 > fround(changes[i] * grad[i]));
      },

      f64(row, param, grad, state, [kept]) {
        const changes = new Float64Array(param.length);
        const copies = state.map((array) => new Float64Array(array));
        rule.f64(row, changes, grad, copies);
        const { length } = param;
        for (let i = 0; i < length; i++) kept[i] = Number(0 > changes[i] * grad[i]);
      },
    },

    /** What is kept is scaled up by as much as was dropped, but at most a thousandfold. */
    adapt(row, at, sums, sumsAt, length) {
      row[at + coefficients.keepScale] = length / Math.max(sums[sumsAt], 0.001 * length);
    },
  };
}
