import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('beta1', 'rest1', 'beta2', 'rest2', 'momentScale', 'rootScale', 'eps', 'weightDecay', 'stepSize');

/** The direction u of element i, after its moments have moved. */
function directionF32(
  row: Float32Array,
  param: Float32Array,
  grad: Float32Array,
  state: readonly Float32Array[],
  i: number,
): number {
  const expAvg = state[0];
  const expAvgSq = state[1];
  const g = grad[i];
  const m = fround(fround(row[c.beta1] * expAvg[i]) + fround(row[c.rest1] * g));
  const v = fround(fround(row[c.beta2] * expAvgSq[i]) + fround(row[c.rest2] * fround(g * g)));
  expAvg[i] = m;
  expAvgSq[i] = v;
  const denominator = fround(fround(fround(sqrt(v)) * row[c.rootScale]) + row[c.eps]);
  return fround(fround(fround(row[c.momentScale] * m) / denominator) + fround(row[c.weightDecay] * param[i]));
}

function directionF64(
  row: Float64Array,
  param: Float64Array,
  grad: Float64Array,
  state: readonly Float64Array[],
  i: number,
): number {
  const expAvg = state[0];
  const expAvgSq = state[1];
  const g = grad[i];
  const m = row[c.beta1] * expAvg[i] + row[c.rest1] * g;
  const v = row[c.beta2] * expAvgSq[i] + row[c.rest2] * (g * g);
  expAvg[i] = m;
  expAvgSq[i] = v;
  const denominator = sqrt(v) * row[c.rootScale] + row[c.eps];
  return (row[c.momentScale] * m) / denominator + row[c.weightDecay] * param[i];
}

/**
 * LAMB: m ← beta1·m + rest1·g; v ← beta2·v + rest2·g²; u = momentScale·m / (√v·rootScale + eps) + weightDecay·W;
 * W ← W − stepSize·u, where stepSize comes from the norms of W and u. Mirrors src/rules/lamb.h.
 */
export const lamb = {
  name: 'LAMB',
  coefficients: c,
  state: ['expAvg', 'expAvgSq'],

  f32(row, param, grad, state) {
    const stepSize = row[c.stepSize];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      param[i] = fround(param[i] - fround(stepSize * directionF32(row, param, grad, state, i)));
    }
  },

  f64(row, param, grad, state) {
    const stepSize = row[c.stepSize];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      param[i] = param[i] - stepSize * directionF64(row, param, grad, state, i);
    }
  },

  measures: {
    names: ['paramNorm', 'directionNorm'],

    f32(row, param, grad, state, [paramNorm, directionNorm]) {
      const copies = state.map((array) => new Float32Array(array));
      const { length } = param;
      for (let i = 0; i < length; i++) {
        paramNorm[i] = param[i];
        directionNorm[i] = directionF32(row, param, grad, copies, i);
      }
    },

    f64(row, param, grad, state, [paramNorm, directionNorm]) {
      const copies = state.map((array) => new Float64Array(array));
      const { length } = param;
      for (let i = 0; i < length; i++) {
        paramNorm[i] = param[i];
        directionNorm[i] = directionF64(row, param, grad, copies, i);
      }
    },
  },
} as const satisfies Rule;
