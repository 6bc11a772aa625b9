// LossScaler beside what PyTorch does, which test/pipeline_goldens.test.ts compares: options, state, errors.

import { AdamW, type LockstepError, LossScaler, SGD } from 'lockstep';
import { expect, test } from 'vitest';
import { expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);

test('divides gradients by the scale, besides the gradScale of the optimizer', () => {
  const w = f32(0, 0);
  const sgd = new SGD({ w }, { lr: 1, gradScale: 0.25, nonFinite: 'skip' });
  const scaler = new LossScaler({ initScale: 1024 });
  expect(scaler.step(sgd, { w: f32(4096, -1024) })).toMatchObject({ stepped: true, step: 1 });
  expect(w).toEqual(f32(-1, 0.25));
  expect(sgd.pipeline.gradScale).toBe(0.25);
});

test('a step that is skipped makes the scale smaller, good ones in a row make it larger', () => {
  const sgd = new SGD({ w: f32(1) }, { nonFinite: 'skip' });
  const scaler = new LossScaler({ initScale: 64, growthFactor: 4, backoffFactor: 0.25, growthInterval: 2 });
  const scales = [1, NaN, 1, 1, Infinity, 1, 1, 1].map((g) => {
    scaler.step(sgd, { w: f32(g) });
    return [scaler.scale, scaler.state.growthTracker];
  });
  expect(scales).toEqual([
    [64, 1],
    [16, 0],
    [16, 1],
    [64, 0],
    [16, 0],
    [16, 1],
    [64, 0],
    [64, 1],
  ]);
});

test('calls that update nothing do not count', () => {
  const sgd = new SGD({ w: f32(1) }, { nonFinite: 'skip', accumulate: 2 });
  const scaler = new LossScaler({ growthInterval: 1 });
  scaler.step(sgd, { w: f32(1) });
  expect(scaler.scale).toBe(65536);
  scaler.step(sgd, { w: f32(1) });
  expect(scaler.scale).toBe(131072);
  scaler.step(sgd, { w: null });
  scaler.step(sgd, { w: null });
  expect(scaler.scale).toBe(131072);
});

test('the scale stays a float32 that is neither infinite nor zero', () => {
  const sgd = new SGD({ w: f32(1) }, { nonFinite: 'skip' });
  const large = new LossScaler({ initScale: 2 ** 127, growthInterval: 1 });
  large.step(sgd, { w: f32(1) });
  expect(large.scale).toBe(2 ** 127);
  const small = new LossScaler({ initScale: 2 ** -149 });
  small.step(sgd, { w: f32(NaN) });
  expect(small.scale).toBe(2 ** -149);
});

test('state can be saved and put back', () => {
  const sgd = new SGD({ w: f32(1) }, { nonFinite: 'skip' });
  const scaler = new LossScaler({ growthInterval: 3 });
  scaler.step(sgd, { w: f32(1) });
  const saved = JSON.parse(JSON.stringify(scaler.state));
  expect(saved).toEqual({ scale: 65536, growthTracker: 1 });
  const resumed = new LossScaler({ growthInterval: 3 });
  resumed.state = saved;
  for (let step = 0; step < 2; step++) resumed.step(sgd, { w: f32(1) });
  expect(resumed.state).toEqual({ scale: 131072, growthTracker: 0 });
  expect(() => Object.assign(resumed.state, { scale: 1 })).toThrow(TypeError);
  for (const [state, message] of [
    [{ scale: 0, growthTracker: 0 }, 'state.scale must be a finite number > 0, received 0'],
    [{ scale: 1, growthTracker: -1 }, 'state.growthTracker must be an integer >= 0, received -1'],
    [{ scale: 1, growthTracker: 3 }, 'state.growthTracker must be less than growthInterval, which is 3, received 3'],
    [{ scale: 1 }, 'state.growthTracker must be given'],
    [{ scale: undefined, growthTracker: 0 }, 'state.scale must be given'],
    [null, 'options must be an object, received null'],
  ] as const) {
    expect(() => (resumed.state = state as typeof saved)).toThrow(message);
    expect(resumed.state).toEqual({ scale: 131072, growthTracker: 0 });
  }
});

test('what it refuses', () => {
  const scaler = new LossScaler();
  const w = f32(1);
  for (const nonFinite of ['propagate', 'throw'] as const) {
    const message = `nonFinite of the optimizer must be 'skip' for a LossScaler, but is '${nonFinite}'`;
    const adamw = new AdamW({ w }, { nonFinite });
    expectThrow(() => scaler.step(adamw, { w: f32(1) }), RangeError, 'ERR_INVALID_OPTION', message);
  }
  const skipping = new AdamW({ w }, { nonFinite: 'skip' });
  expect(() => scaler.step(skipping, { w: f32(1, 2) })).toThrow('grads.w has 2 elements');
  expect([scaler.state, w]).toEqual([{ scale: 65536, growthTracker: 0 }, f32(1)]);
  for (const [options, Class, message] of [
    [{ initScale: 0 }, RangeError, 'initScale must be a finite number > 0, received 0'],
    [{ growthFactor: 1 }, RangeError, 'growthFactor must be a finite number > 1, received 1'],
    [{ backoffFactor: 1 }, RangeError, 'backoffFactor must be a number > 0 and < 1, received 1'],
    [{ growthInterval: 0.5 }, RangeError, 'growthInterval must be an integer >= 1, received 0.5'],
    [{ growthInterval: '9' }, TypeError, "growthInterval must be an integer >= 1, received '9'"],
    [{ growth: 2 }, TypeError, /^unknown option 'growth'/],
    [5, TypeError, 'options must be an object, received 5'],
  ] as const) {
    let thrown: unknown;
    try {
      new LossScaler(options as object);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Class);
    expect((thrown as LockstepError).code).toBe('ERR_INVALID_OPTION');
    expect(() => new LossScaler(options as object)).toThrow(message);
  }
});
