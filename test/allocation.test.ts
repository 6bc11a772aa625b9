// A step with bound gradients allocates nothing: the garbage collector never has to come for it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { backend } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { root } from './native-build.js';

const steps = 1_000_000;

interface Measured {
  readonly className: string;
  readonly options?: object;
}

const optimizers: Readonly<Record<string, Measured>> = {
  // Its coefficients settle after some billion steps only, those of Adam before they are counted here.
  'Adam with coefficients that change': { className: 'Adam', options: { betas: [0.9, 1 - 1e-8] } },
  Adam: { className: 'Adam' },
  SGD: { className: 'SGD' },
  AdamW: { className: 'AdamW' },
  Adagrad: { className: 'Adagrad' },
  Momentum: { className: 'Momentum' },
  RMSprop: { className: 'RMSprop' },
  'AdamW with coefficients that change': { className: 'AdamW', options: { betas: [0.8, 1 - 1e-8] } },
  'Adagrad with coefficients that change': { className: 'Adagrad', options: { lrDecay: 1e-6 } },
  'AdaBelief with coefficients that change': { className: 'AdaBelief', options: { betas: [0.7, 1 - 1e-9] } },
  'Adam with scaled gradients': { className: 'Adam', options: { gradScale: 0.5, clipValue: 0.3, weightDecay: 0.1 } },
  'Adam with an average': { className: 'Adam', options: { ema: { decay: 0.99 }, zeroGrad: true } },
};

/**
 * How many bytes many steps allocate, round by round. Runs in a process of its own. Until V8 has compiled all that a step
 * calls, steps do allocate, so it goes on until a round has none, but not for ever: what a step allocates by itself it
 * allocates in every round.
 */
function measure(backend: string, optimizers: Readonly<Record<string, Measured>>, steps: number, mostRounds: number) {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { getHeapStatistics } = process.getBuiltinModule('node:v8');
  const lockstep = createRequire(`${process.cwd()}/`)('./dist/index.js');
  const used = () => getHeapStatistics().used_heap_size;

  const found: Record<string, number[]> = {};
  for (const [name, { className, options }] of Object.entries(optimizers)) {
    const params = [new Float32Array(16).fill(1), new Float32Array(5).fill(2)];
    const optimizer = new lockstep[className](params, { ...options, backend });
    optimizer.step(params.map((param) => param.map((_, i) => (i - 2) / 10)));
    const grown = (count: number) => {
      globalThis.gc?.();
      used();
      const before = used();
      for (let i = 0; i < count; i++) optimizer.step();
      return used() - before;
    };
    grown(steps / 10);
    grown(steps / 10);
    const rounds: number[] = [];
    while (rounds.length < mostRounds && rounds.at(-1) !== 0) {
      const ofMeasuring = grown(0);
      rounds.push(grown(steps) - ofMeasuring);
    }
    found[name] = rounds;
  }
  return found;
}

async function measureApart(backend: string) {
  const script = `const __name = (f) => f; // which esbuild calls
    console.log(JSON.stringify((${measure})(${JSON.stringify(backend)}, ${JSON.stringify(optimizers)}, ${steps}, 6)));`;
  // So much room that what is allocated is still there when it is counted. After a collection it would hardly be 0 either.
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script], { cwd: root });
  return JSON.parse(stdout) as Readonly<Record<string, readonly number[]>>;
}

describe.each([backend().available[0], 'typescript'])('%s', (name) => {
  test(`${steps} steps with bound gradients allocate nothing`, async () => {
    const found = await measureApart(name);
    for (const optimizer of Object.keys(optimizers)) {
      expect(found[optimizer].at(-1), `${optimizer}, bytes in each round: ${found[optimizer]}`).toBe(0);
    }
  });
});
