// The trajectories of other systems (test/reference): lockstep follows each over its whole run.

import { backend, type FloatArray } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { optimizers, stateNames } from './optimizers.js';
import {
  allowance,
  decode,
  type GoldenCase,
  gradients,
  initialParams,
  inputsDigest,
  readGoldens,
  systems,
} from './reference/recipe.js';
import { Drift } from './ulp.js';

const goldens = systems.flatMap((system) => readGoldens(system).map((golden) => ({ system, golden })));

/** The largest distances, by system, optimizer and type. */
const worst = new Map<string, Distance>();

test('every optimizer has a golden, and every golden says what made it', () => {
  const cases = goldens.flatMap(({ golden }) => golden.cases);
  const names = optimizers.map(({ name }) => name);
  names.sort();
  const covered = (some: readonly GoldenCase[]) => [...new Set(some.map(({ optimizer }) => optimizer))].sort();
  expect(covered(cases)).toEqual(names);
  expect(covered(cases.filter(({ steps }) => steps >= 1000))).toEqual(names);
  for (const { golden } of goldens) {
    expect(new Set(golden.cases.map(({ options }) => JSON.stringify(options))).size).toBeGreaterThanOrEqual(3);
    expect(golden.generator).toMatch(/^test\/reference\/generate_\w+\.py$/);
    expect(golden.command).toContain(golden.generator);
    expect(Object.keys(golden.versions)).toContain('python');
  }
});

describe.each(goldens)('$system: $golden.cases.0.optimizer', ({ system, golden }) => {
  test.each(golden.cases)('$name', (golden) => {
    expect(inputsDigest(golden), 'the inputs are those that the golden was made with').toBe(golden.inputs);
    const drifts = backend().available.map((name) => run(golden, name));
    for (const drift of drifts) {
      expect(drift.params).toBeLessThanOrEqual(golden.drift.params + allowance);
      expect(drift.state).toBeLessThanOrEqual(golden.drift.state + allowance);
    }
    const row = `${system.padEnd(14)}${golden.optimizer.padEnd(19)}${golden.dtype}`;
    worst.set(row, [...drifts, worst.get(row) ?? { params: 0, state: 0 }].reduce(larger));
  });
});

test('how far lockstep was from each system', () => {
  const cell = (value: number) => String(Math.ceil(value * 10) / 10).padStart(9);
  const rows = [...worst].map(([row, { params, state }]) => `${row}  ${cell(params)}${cell(state)}`);
  const heading =
    'Largest drift, in ulps of the largest magnitude so far:\nsystem        optimizer          dtype   params    state';
  console.log([heading, ...rows].join('\n'));
  expect(worst.size).toBeGreaterThan(0);
});

interface Distance {
  readonly params: number;
  readonly state: number;
}

function larger(a: Distance, b: Distance): Distance {
  return { params: Math.max(a.params, b.params), state: Math.max(a.state, b.state) };
}

/** Runs the case, and answers with the largest distance at any checkpoint. */
function run(golden: GoldenCase, backendName: string): Distance {
  const subject = optimizers.find(({ name }) => name === golden.optimizer);
  if (subject === undefined) throw new Error(`no optimizer ${golden.optimizer} in the table`);
  const params = initialParams(golden);
  const optimizer = subject.create(params, { ...golden.options, backend: backendName });
  const paramDrift = params.map((param) => new Drift(param));
  const names = stateNames(optimizer.state[0]);
  const stateOf = (i: number, name: string) => optimizer.state[i][name] as FloatArray;
  const stateDrift = params.map((_, i) => names.map((name) => new Drift(stateOf(i, name))));

  for (let step = 1; step <= golden.steps; step++) {
    const lr = golden.events.find((event) => event.step === step)?.lr;
    if (lr !== undefined) (optimizer.groups[0] as { lr: number }).lr = lr;
    optimizer.step(gradients(golden, step));
    const checkpoint = golden.checkpoints.find((candidate) => candidate.step === step);
    if (checkpoint?.state) expect(Object.keys(checkpoint.state)).toEqual(names);
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
