// Each step in f32 against the same step in f64, from the same values, written from the papers and not from lib/.

import { backend, type FloatArray } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type OptimizerCase, optimizers } from './optimizers.js';
import { fillOrdinary, Random } from './random.js';
import { ulp } from './ulp.js';

/** One element: the new param and state, in f64. */
type Oracle = (
  options: Record<string, number> & { readonly betas: readonly number[] },
  t: number,
  param: number,
  grad: number,
  state: readonly number[],
) => readonly number[];

const oracles: Record<string, Oracle> = {
  SGD: ({ lr }, _t, w, g) => [w - lr * g],
  Momentum: ({ lr, momentum }, _t, w, g, [v]) => {
    const velocity = momentum * v - lr * g;
    return [w + velocity, velocity];
  },
  Adagrad: ({ lr, eps }, _t, w, g, [h]) => {
    const sum = h + g ** 2;
    return [w - (lr * g) / (Math.sqrt(sum) + eps), sum];
  },
  Adam: ({ lr, betas: [beta1, beta2], eps }, t, w, g, [m, v]) => {
    const expAvg = beta1 * m + (1 - beta1) * g;
    const expAvgSq = beta2 * v + (1 - beta2) * g ** 2;
    const mHat = expAvg / (1 - beta1 ** t);
    const vHat = expAvgSq / (1 - beta2 ** t);
    return [w - (lr * mHat) / (Math.sqrt(vHat) + eps), expAvg, expAvgSq];
  },
};

const maxUlps = 4;
const length = 1000;
const steps = 50;

/**
 * The largest distance of any element in any step, in ulps. The ulp is that of the largest of what the step works with:
 * the old and the new value and, for a param, this update and the one before. Where a moment nearly cancels, the update
 * cannot be more exact than the moment that it came from.
 */
function largestDistance(subject: OptimizerCase, options: object, backendName: string): number {
  const random = new Random(7);
  const param = new Float32Array(length);
  const grad = new Float32Array(length);
  fillOrdinary(param, random);
  const optimizer = subject.create([param], { ...options, backend: backendName });
  const arrays = [param, ...subject.rule.state.map((name) => optimizer.state[0][name] as FloatArray)];
  const settings = { ...subject.defaults, ...options } as Parameters<Oracle>[0];

  const lastUpdate = new Float64Array(length);
  let largest = 0;
  for (let t = 1; t <= steps; t++) {
    fillOrdinary(grad, random);
    const before = arrays.map((array) => Float64Array.from(array));
    optimizer.step([grad]);
    for (let i = 0; i < length; i++) {
      const [w, ...state] = before.map((array) => array[i]);
      const expected = oracles[subject.name](settings, t, w, grad[i], state);
      const update = expected[0] - w;
      for (let k = 0; k < arrays.length; k++) {
        const magnitudes = [before[k][i], expected[k], ...(k === 0 ? [update, lastUpdate[i]] : [])].map(Math.abs);
        largest = Math.max(largest, Math.abs(arrays[k][i] - expected[k]) / ulp(Math.max(...magnitudes), param));
      }
      lastUpdate[i] = update;
    }
  }
  return largest;
}

describe.each(backend().available)('%s', (name) => {
  test.each(optimizers.flatMap((subject) => subject.valid.map((options) => ({ subject, options }))))(
    `$subject.name $options: within ${maxUlps} ulp of f64 in every step`,
    ({ subject, options }) => {
      const distance = largestDistance(subject, options, name);
      if (options.lr !== 0) expect(distance).toBeGreaterThan(0); // f32 rounds: 0 would mean that nothing was compared
      expect(distance).toBeLessThanOrEqual(maxUlps);
    },
  );
});
