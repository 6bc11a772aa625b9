// Schedule-Free optimizers: what the params hold in train and in eval mode, and that neither is taken for the other.

import { backend, type FloatArray, type Mode, ScheduleFreeAdamW, ScheduleFreeSGD } from 'lockstep';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type AnyOptimizer, optimizers } from './optimizers.js';
import { fillOrdinary, fillSpecial, Random } from './random.js';
import { decode, type GoldenCase, gradients, initialParams, readGoldens } from './reference/recipe.js';
import { ulp } from './ulp.js';

interface Modal extends AnyOptimizer {
  readonly mode: Mode;
  readonly weights: readonly FloatArray[];
  train(): void;
  eval(): void;
}

const subjects = optimizers
  .filter(({ name }) => name.startsWith('ScheduleFree'))
  .map(({ name, create }) => ({
    name,
    create: (params: unknown, options: object) => create(params, options) as Modal,
  }));

const f32 = (...values: number[]) => new Float32Array(values);
const readFirst = expect.objectContaining({
  code: 'ERR_MODE',
  message:
    'weights must be read in eval mode: call eval() first, since in train mode the params are the points where gradients are taken, not the average',
});
const trainFirst = expect.objectContaining({
  code: 'ERR_MODE',
  message: 'step must be called in train mode: call train() first',
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Every bit: NaN equals NaN, and 0 is not -0. */
const bits = (arrays: readonly FloatArray[]) =>
  arrays.map((array) => Array.from(array, (x) => (Object.is(x, -0) ? '-0' : x)));

describe.each(backend().available)('%s', (name) => {
  describe.each(subjects)('$name', ({ name: className, create }) => {
    const grads = [f32(0.1, -0.2, 0.3), f32(0.4, -0.5)];
    const started = () => {
      const params = [f32(1, 2, 3), f32(-4, 5)];
      const optimizer = create(params, { backend: name, lr: 0.1 });
      for (let t = 0; t < 3; t++) optimizer.step(grads);
      return { optimizer, params, snapshot: () => structuredClone([params, optimizer.state, optimizer.mode]) };
    };

    test('starts in train mode, where it steps and hides its weights', () => {
      const { optimizer, snapshot } = started();
      const before = snapshot();
      expect(optimizer.mode).toBe('train');
      expect(thrownBy(() => optimizer.weights)).toEqual(readFirst);
      expect(thrownBy(() => optimizer.weights)).toBeInstanceOf(TypeError);
      expect(snapshot()).toEqual(before);
    });

    test('in eval mode shows its weights and refuses to step, which changes nothing', () => {
      const { optimizer, params, snapshot } = started();
      optimizer.eval();
      expect(optimizer.mode).toBe('eval');
      expect(optimizer.weights[0]).toBe(params[0]);
      expect(Object.isFrozen(optimizer.weights)).toBe(true);
      const before = snapshot();
      expect(thrownBy(() => optimizer.step([f32(9, 9, 9), null]))).toEqual(trainFirst);
      expect(thrownBy(() => optimizer.step())).toEqual(trainFirst);
      expect(snapshot()).toEqual(before);
      optimizer.train();
      expect(optimizer.step()).toMatchObject({ stepped: true, step: 4, skipped: 0 }); // the gradients of before
    });

    test('changes nothing when it is in that mode already', () => {
      const { optimizer, snapshot } = started();
      const training = snapshot();
      optimizer.train();
      expect(snapshot()).toEqual(training);
      optimizer.eval();
      const evaluating = snapshot();
      expect(evaluating[0]).not.toEqual(training[0]);
      expect(evaluating[1]).toEqual(training[1]);
      optimizer.eval();
      expect(snapshot()).toEqual(evaluating);
    });

    test('in eval mode the params are the average of all z', () => {
      const params = [new Float64Array([1, -2, 3])];
      const optimizer = create(params, { backend: name, lr: 0.1 });
      const sum = [0, 0, 0];
      for (let t = 0; t < 20; t++) {
        optimizer.step([Float64Array.from(params[0], (w, i) => w * (i + 1) + Math.sin(t))]);
        (optimizer.state[0].z as Float64Array).forEach((z, i) => {
          sum[i] += z;
        });
      }
      optimizer.eval();
      for (const [i, total] of sum.entries()) expect(params[0][i]).toBeCloseTo(total / 20, 13);
    });

    test('a parameter that has not stepped is the same in both modes', () => {
      const params = [f32(1, 2, 3), f32(-4, 5)];
      const optimizer = create(params, { backend: name, lr: 0.1 });
      for (let t = 0; t < 3; t++) optimizer.step([grads[0], null]);
      const y = [...params[0]];
      optimizer.eval();
      expect([...params[1]]).toEqual([-4, 5]);
      expect([...params[0]]).not.toEqual(y);
      optimizer.train();
      expect([...params[1]]).toEqual([-4, 5]);
    });

    test('params that are loaded before the first step count, whichever mode they are loaded in', () => {
      const params = [f32(1, 2, 3), f32(-4, 5)];
      const optimizer = create(params, { backend: name, lr: 0.1 });
      optimizer.eval();
      params[0].set([7, 8, 9]);
      optimizer.train();
      expect([...params[0]]).toEqual([7, 8, 9]);
      optimizer.step(grads);
      const straight = [f32(7, 8, 9), f32(-4, 5)];
      create(straight, { backend: name, lr: 0.1 }).step(grads);
      expect(params).toEqual(straight);
    });

    test('a change of mode that is refused changes nothing and leaves the mode', () => {
      for (const from of ['train', 'eval'] as const) {
        const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
        const params = [f32(1, 2, 3), new Float32Array(buffer)];
        const optimizer = create(params, { backend: name, lr: 0.1 });
        for (let t = 0; t < 3; t++) optimizer.step(grads);
        if (from === 'eval') optimizer.eval();
        const change = () => (from === 'eval' ? optimizer.train() : optimizer.eval());
        const before = [...params[0]];
        buffer.resize(16);
        expect(thrownBy(change)).toMatchObject({
          code: 'ERR_LENGTH',
          message: 'params[1] has 4 elements, it had 2 when it was bound',
        });
        buffer.resize(8);
        const z = optimizer.state[1].z as Float32Array;
        structuredClone(z, { transfer: [z.buffer as ArrayBuffer] });
        expect(thrownBy(change)).toMatchObject({
          code: 'ERR_DETACHED',
          message: 'state[1].z must have its memory, but its buffer was detached or transferred',
        });
        expect([...params[0]]).toEqual(before);
        expect(optimizer.mode).toBe(from);
      }
    });

    test('a getter that changes the mode while the gradients are read', () => {
      const { optimizer, params } = started();
      const reentrant = [grads[0], grads[1]];
      Object.defineProperty(reentrant, 1, {
        get() {
          optimizer.eval();
          return grads[1];
        },
      });
      expect(thrownBy(() => optimizer.step(reentrant))).toEqual(trainFirst);
      const other = started();
      other.optimizer.eval();
      expect(params).toEqual(other.params);
      expect(optimizer.state).toEqual(other.optimizer.state);
    });

    test('after dispose', () => {
      const { optimizer } = started();
      optimizer.dispose();
      const disposed = { code: 'ERR_DISPOSED', message: `${className} was disposed and can no longer be used` };
      expect(thrownBy(() => optimizer.train())).toMatchObject(disposed);
      expect(thrownBy(() => optimizer.eval())).toMatchObject(disposed);
      expect(thrownBy(() => optimizer.mode)).toMatchObject(disposed);
      expect(thrownBy(() => optimizer.weights)).toMatchObject(disposed);
    });

    test('gradients may be bound in either mode', () => {
      const { optimizer } = started();
      optimizer.eval();
      optimizer.bindGrads(grads);
      optimizer.train();
      expect(optimizer.step().stepped).toBe(true);
    });
  });
});

/** Every length from 0 to 40 at some offsets, and one of many blocks: more parameters than one native call binds. */
const shapes = [
  ...Array.from({ length: 41 }, (_, length) => [0, 1, 7].map((offset) => ({ length, offset }))).flat(),
  { length: 25_003, offset: 3 },
];

/** Params and state after every change of mode in a run that evaluates now and then. */
function evaluations(
  { create }: (typeof subjects)[number],
  name: string,
  ArrayType: typeof Float32Array | typeof Float64Array,
) {
  const random = new Random(3);
  const arrays = (fill: typeof fillOrdinary) =>
    shapes.map(({ length, offset }) => {
      const array = new ArrayType(length + offset).subarray(offset);
      fill(array, random);
      return array;
    });
  const params = arrays(fillOrdinary);
  const optimizer = create(params, { backend: name, lr: 0.1, warmupSteps: 4, r: 0.7, weightDecay: 0.01 });
  return [1, 2, 3, 4].flatMap((round) => {
    for (let t = 0; t < 3; t++) optimizer.step(arrays(round === 4 ? fillSpecial : fillOrdinary));
    optimizer.eval();
    const average = bits(params);
    optimizer.train();
    return [average, bits(params), bits(optimizer.state.map(({ z }) => z as FloatArray))];
  });
}

describe.each(subjects)('$name', (subject) => {
  test.each([Float32Array, Float64Array])(
    'has the same bits on all backends after each change of mode: %o',
    (ArrayType) => {
      const [expected, ...others] = backend()
        .available.toReversed()
        .map((name) => evaluations(subject, name, ArrayType));
      for (const actual of others) expect(actual).toEqual(expected);
    },
  );

  const golden = readGoldens('schedulefree').find(({ cases: [first] }) => first.optimizer === subject.name);
  test.each(golden?.cases ?? [])('goes to eval mode and back as the authors’ package does: $name', (golden) => {
    for (const name of backend().available) expect(averageDistance(golden, subject, name)).toBeLessThanOrEqual(1);
  });

  test('what makes y out of x and z cannot change midway', () => {
    const optimizer = subject.create([f32(1)], {});
    const [group] = optimizer.groups as readonly { momentum?: number; betas?: readonly [number, number] }[];
    if (group.betas === undefined) {
      expect(thrownBy(() => (group.momentum = 0.8))).toMatchObject({
        code: 'ERR_INVALID_OPTION',
        message: 'momentum must stay 0.9 as the optimizer was made, received 0.8',
      });
      group.momentum = 0.9;
    } else {
      expect(thrownBy(() => (group.betas = [0.8, 0.9]))).toMatchObject({
        code: 'ERR_INVALID_OPTION',
        message: 'betas must stay [0.9, …] as the optimizer was made, received an array',
      });
      group.betas = [0.9, 0.5];
      expect(group.betas).toEqual([0.9, 0.5]);
    }
  });
});

/**
 * How far the average is from the package's at any checkpoint, where 1 is what may be: x is y + (1 - 1 / beta1)(z - y), which
 * makes more of the drifts of y and z, whose tolerances are those of goldens.test.ts. Each checkpoint is a round trip.
 */
function averageDistance(golden: GoldenCase, { create }: (typeof subjects)[number], backendName: string): number {
  const params = initialParams(golden);
  const optimizer = create(params, { ...golden.options, backend: backendName });
  const { momentum, betas } = golden.options as { momentum?: number; betas?: readonly number[] };
  const away = 1 / (momentum ?? betas?.[0] ?? 1) - 1;
  const allowance = 2 + 1; // a round trip may round the last bit
  const largestY = params.map((param) => Float64Array.from(param, Math.abs));
  const largestZ = params.map((param) => Float64Array.from(param, Math.abs));
  let largest = 0;
  for (let step = 1; step <= golden.steps; step++) {
    const lr = golden.events.find((event) => event.step === step)?.lr;
    if (lr !== undefined) (optimizer.groups[0] as { lr: number }).lr = lr;
    optimizer.step(gradients(golden, step));
    params.forEach((y, p) => {
      const z = optimizer.state[p].z as FloatArray;
      for (let i = 0; i < y.length; i++) {
        largestY[p][i] = Math.max(largestY[p][i], Math.abs(y[i]));
        largestZ[p][i] = Math.max(largestZ[p][i], Math.abs(z[i]));
      }
    });
    const weights = golden.checkpoints.find((checkpoint) => checkpoint.step === step)?.weights;
    if (weights === undefined) continue;
    optimizer.eval();
    params.forEach((x, p) => {
      const expected = decode(weights[p], golden.dtype);
      for (let i = 0; i < x.length; i++) {
        const driftY = (golden.drift.params + allowance) * ulp(largestY[p][i], x);
        const driftZ = (golden.drift.state + allowance) * ulp(largestZ[p][i], x);
        const tolerance = (1 + away) * driftY + away * driftZ;
        largest = Math.max(largest, Math.abs(x[i] - expected[i]) / tolerance);
      }
    });
    optimizer.train();
  }
  return largest;
}

test('types', () => {
  const w = new Float32Array(2);
  const b = new Float64Array(2);
  const sgd = new ScheduleFreeSGD({ w, b });
  sgd.eval();
  expectTypeOf(sgd.weights).toEqualTypeOf<{ readonly w: typeof w; readonly b: typeof b }>();
  expect(sgd.weights).toEqual({ w, b });
  const adamw = new ScheduleFreeAdamW([w]);
  expectTypeOf(adamw.state[0].expAvgSq).toEqualTypeOf<Float32Array>();
  expectTypeOf(adamw.state[0].weightSum).toEqualTypeOf<number>();
  expectTypeOf(adamw.mode).toEqualTypeOf<'train' | 'eval'>();
});

test('lrMax and weightSum are the parameter’s own', () => {
  const sgd = new ScheduleFreeSGD([f32(1), f32(2)], { lr: 0.5, warmupSteps: 2 });
  sgd.step([f32(1), null]);
  expect(sgd.state[0]).toMatchObject({ step: 1, lrMax: 0.25, weightSum: 0.0625 });
  expect(sgd.state[1]).toMatchObject({ step: 0, lrMax: 0, weightSum: 0 });
  sgd.step([f32(1), f32(1)]);
  expect(sgd.state[0]).toMatchObject({ step: 2, lrMax: 0.5, weightSum: 0.3125 });
  expect(sgd.state[1]).toMatchObject({ step: 1, lrMax: 0.25, weightSum: 0.0625 });
  sgd.groups[0].lr = 0.125;
  sgd.step([null, f32(1)]);
  expect(sgd.state[1]).toMatchObject({ step: 2, lrMax: 0.25, weightSum: 0.125 });
});
