// What other systems do around a rule (test/reference/pipeline): PyTorch's clipping, averages and loss scaling, Optax's
// clipping and gathering.

import { readFileSync } from 'node:fs';
import { AdamW, backend, LossScaler, type LossScalerOptions, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyOptimizer, create } from './pipeline.js';
import { decode, type GoldenCase, gradients, initialParams, inputsDigest } from './reference/recipe.js';
import { Drift } from './ulp.js';

interface Case extends Omit<GoldenCase, 'checkpoints'> {
  readonly checkpoints: readonly {
    readonly step: number;
    readonly params: readonly string[];
    readonly averages?: readonly string[];
  }[];
  /** A number for each step. */
  readonly each?: readonly number[];
  readonly scaler?: LossScalerOptions;
  readonly bad?: readonly number[];
}

interface Recording {
  readonly generator: string;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

const classes = { SGD, AdamW } as const;

/** How far lockstep may be, in ulps of an element's largest magnitude so far: what was measured, and 2 more. */
const tolerances = { 'torch-clip': 9, 'torch-average': 7, 'torch-scaler': 4, optax: 36 } as const;

/** How far its norm may be from PyTorch's, which is summed in the type of the gradients, in machine epsilons. */
const normTolerance = 4;

const worst = new Map<string, number>();

describe.each(Object.entries(tolerances))('%s', (name, tolerance) => {
  const url = new URL(`./reference/pipeline/${name}.json`, import.meta.url);
  const recording = JSON.parse(readFileSync(url, 'utf8')) as Recording;

  test('says what made it', () => {
    expect(recording.generator).toBe('test/reference/generate_pipeline.py');
    expect(recording.command).toContain(recording.generator);
    expect(Object.keys(recording.versions)).toEqual(['torch', 'optax', 'jax', 'numpy', 'python']);
  });

  test.each(recording.cases)('$name', (golden) => {
    expect(inputsDigest(golden as unknown as GoldenCase)).toBe(golden.inputs);
    for (const backendName of backend().available) {
      const drift = follow(golden, backendName);
      worst.set(name, Math.max(drift, worst.get(name) ?? 0));
      expect(drift).toBeLessThanOrEqual(tolerance);
    }
  });
});

test('how far lockstep was', () => {
  console.log(['Largest drift, in ulps of the largest magnitude so far:', ...worst].join('\n'));
  expect([...worst.keys()]).toEqual(Object.keys(tolerances));
});

/** Runs the case, and answers with the largest distance of params and averages at any checkpoint. */
function follow(golden: Case, backendName: string): number {
  const inputs = golden as unknown as GoldenCase;
  const params = initialParams(inputs);
  const options = { ...golden.options, ...(golden.scaler && { nonFinite: 'skip' }), backend: backendName };
  const optimizer = create(classes[golden.optimizer as keyof typeof classes], params, options);
  const scaler = golden.scaler && new LossScaler(golden.scaler);
  const drifts = params.map((param) => new Drift(param));
  const averageDrifts = params.map((param) => new Drift(param));
  for (let step = 1; step <= golden.steps; step++) {
    const grads = gradients(inputs, step);
    if (scaler === undefined) {
      const { gradNorm } = optimizer.step(grads);
      const expected = golden.each?.[step - 1];
      if (expected !== undefined) {
        const epsilon = golden.dtype === 'f32' ? 2 ** -23 : 2 ** -52;
        expect(Math.abs((gradNorm ?? NaN) / expected - 1)).toBeLessThanOrEqual(normTolerance * epsilon);
      }
    } else {
      stepScaled(scaler, optimizer, grads as Float32Array[], golden.bad?.includes(step) ?? false);
      expect(scaler.scale, `the scale after step ${step}`).toBe(golden.each?.[step - 1]);
    }
    const checkpoint = golden.checkpoints.find((candidate) => candidate.step === step);
    params.forEach((param, i) => {
      drifts[i].follow(param, checkpoint && decode(checkpoint.params[i], golden.dtype));
      const average = checkpoint?.averages?.[i];
      averageDrifts[i].follow(param, undefined);
      if (average !== undefined) averageDrifts[i].follow(optimizer.averages[i], decode(average, golden.dtype));
    });
  }
  return Math.max(...[...drifts, ...averageDrifts].map(({ largest }) => largest));
}

function stepScaled(scaler: LossScaler, optimizer: AnyOptimizer, grads: readonly Float32Array[], isBad: boolean): void {
  const scaled = grads.map((grad) => grad.map((g) => Math.fround(g * Math.fround(1e-3)) * scaler.scale));
  if (isBad) scaled[1][3] = Infinity;
  scaler.step(optimizer, scaled);
}
