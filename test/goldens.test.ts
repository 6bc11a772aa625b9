// The trajectories of other systems (test/reference): lockstep follows each over its whole run.

import { backend, type FloatArray } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { optimizers, stateNames } from './optimizers.js';
import { decode, type GoldenCase, gradients, initialParams, inputsDigest, readGoldens } from './reference/recipe.js';
import { ulp } from './ulp.js';

/** Above the drift of a straightforward implementation that was measured when the golden was made, in ulps. */
const allowance = 2;

const goldens = ['torch', 'keras'].flatMap((system) => readGoldens(system).map((golden) => ({ system, golden })));
const worst = new Map<string, number>();

test('every optimizer has a golden, and every golden says what made it', () => {
  const covered = new Set(goldens.flatMap(({ golden }) => golden.cases.map(({ optimizer }) => optimizer)));
  expect([...covered].sort()).toEqual(optimizers.map(({ name }) => name).sort());
  for (const { golden } of goldens) {
    expect(golden.generator).toMatch(/^test\/reference\/generate_\w+\.py$/);
    expect(golden.command).toContain(golden.generator);
    expect(Object.keys(golden.versions)).toContain('python');
  }
});

describe.each(goldens)('$system: $golden.generator', ({ system, golden }) => {
  test.each(golden.cases)('$name', (golden) => {
    expect(inputsDigest(golden), 'the inputs are those that the golden was made with').toBe(golden.inputs);
    const drifts = backend().available.map((name) => run(golden, name));
    for (const drift of drifts) {
      expect(drift.params).toBeLessThanOrEqual(golden.drift.params + allowance);
      expect(drift.state).toBeLessThanOrEqual(golden.drift.state + allowance);
    }
    const key = `${golden.optimizer} against ${system}, ${golden.dtype}`;
    worst.set(key, Math.max(worst.get(key) ?? 0, ...drifts.map(({ params }) => params)));
  });
});

test('how far lockstep was from each system', () => {
  const lines = [...worst].map(([key, drift]) => `${key}: at most ${drift} ulp of the largest magnitude so far`);
  console.log(lines.join('\n'));
  expect(worst.size).toBeGreaterThan(0);
});

/** Runs the case, and answers with the largest distance at any checkpoint. */
function run(golden: GoldenCase, backendName: string): { readonly params: number; readonly state: number } {
  const subject = optimizers.find(({ name }) => name === golden.optimizer);
  if (subject === undefined) throw new Error(`no optimizer ${golden.optimizer} in the table`);
  const params = initialParams(golden);
  const optimizer = subject.create(params, { ...golden.options, backend: backendName });
  const paramDrift = params.map((param) => new Drift(param));
  const names = stateNames(optimizer.state[0]);
  const stateDrift = params.map((param) => names.map(() => new Drift(param)));
  const stateOf = (i: number, name: string) => optimizer.state[i][name] as FloatArray;

  for (let step = 1; step <= golden.steps; step++) {
    const lr = golden.events.find((event) => event.step === step)?.lr;
    if (lr !== undefined) (optimizer.groups[0] as { lr: number }).lr = lr;
    optimizer.step(gradients(golden, step));
    const checkpoint = golden.checkpoints.find((candidate) => candidate.step === step);
    params.forEach((param, i) => {
      paramDrift[i].follow(param, checkpoint && decode(checkpoint.params[i], golden.dtype));
      names.forEach((name, k) => {
        const expected = checkpoint?.state?.[name][i];
        stateDrift[i][k].follow(stateOf(i, name), expected === undefined ? undefined : decode(expected, golden.dtype));
      });
    });
  }
  expect(optimizer.state.map(({ step }) => step)).toEqual(golden.stepCounts);
  const largest = (drifts: readonly Drift[]) => Math.max(0, ...drifts.map(({ largest }) => largest));
  return { params: largest(paramDrift), state: largest(stateDrift.flat()) };
}

/** The distance of an array from the reference, in ulps of each element's largest magnitude so far. */
class Drift {
  largest = 0;
  readonly #magnitude: Float64Array;

  constructor(initial: FloatArray) {
    this.#magnitude = new Float64Array(initial.length);
  }

  follow(actual: FloatArray, expected: FloatArray | undefined): void {
    for (let i = 0; i < actual.length; i++) {
      this.#magnitude[i] = Math.max(this.#magnitude[i], Math.abs(actual[i]));
      if (expected === undefined) continue;
      const unit = ulp(Math.max(this.#magnitude[i], Math.abs(expected[i])), actual);
      this.largest = Math.max(this.largest, Math.abs(actual[i] - expected[i]) / unit);
    }
  }
}
