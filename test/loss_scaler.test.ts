// LossScaler beside what PyTorch does, which test/pipeline_goldens.test.ts compares: options, state, errors.

import { AdamW, backend, type LockstepError, LossScaler, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyOptimizer, copy, create, expectThrow } from './pipeline.js';
import { Random } from './random.js';

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
    [{ maxSkips: 0 }, RangeError, 'maxSkips must be an integer >= 1 or Infinity, received 0'],
    [{ maxSkips: 1.5 }, RangeError, 'maxSkips must be an integer >= 1 or Infinity, received 1.5'],
    [{ maxSkips: NaN }, RangeError, 'maxSkips must be an integer >= 1 or Infinity, received NaN'],
    [{ maxSkips: null }, TypeError, 'maxSkips must be an integer >= 1 or Infinity, received null'],
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

describe.each(backend().available)('%s: several optimizers', (name) => {
  const sgd = (w: Float32Array | Float64Array, options: object = {}) =>
    create(SGD, [w], { lr: 1, nonFinite: 'skip', backend: name, ...options });

  test('all gradients of one loss are divided by the scale that it was multiplied by, before the first update, too', () => {
    const [a, b, c] = [f32(1), f32(1), f32(1)];
    const optimizers = [a, b, c].map((w) => sgd(w));
    const scaler = new LossScaler({ initScale: 8 });
    for (let round = 0; round < 2; round++) {
      const { scale } = scaler;
      scaler.step(optimizers[0], [f32(Infinity)]);
      scaler.step(optimizers[1], [f32(0.5 * scale)]);
      scaler.step(optimizers[2], [f32(0.25 * scale)]);
      scaler.update();
      expect([scaler.state, a[0]]).toEqual([{ scale: scale / 2, growthTracker: 0 }, 1]);
      expect([b[0], c[0]]).toEqual([0.5 - 0.5 * round, 0.75 - 0.25 * round]);
    }
  });

  // As torch.amp.GradScaler: unscale_ of each optimizer divides by the scale, update() looks at what all of them found.
  test('weights and scale are those of PyTorch, whoever is skipped, in any order', () => {
    const random = new Random(3);
    const options = { initScale: 16, growthInterval: 3 };
    const scaler = new LossScaler(options);
    const weights = [0, 1, 2].map(() => new Float64Array(1));
    const optimizers = weights.map((w) => sgd(w));
    let [scale, tracker] = [16, 0];
    const expected = [0, 0, 0];
    const seen = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const order = [0, 1, 2].sort(() => random.unit()).slice(0, 1 + random.below(3));
      const bad = order.filter(() => random.below(5) === 0);
      expect(scaler.scale).toBe(scale);
      for (const i of order) {
        const grad = 1 + random.below(9);
        const report = scaler.step(optimizers[i], [Float64Array.of(bad.includes(i) ? NaN : grad * scale)]);
        expect(report.stepped).toBe(!bad.includes(i));
        if (!bad.includes(i)) expected[i] -= grad;
        if (round > 0) expect(scaler.scale, 'the scale stays until the update').toBe(scale);
      }
      scaler.update();
      tracker = bad.length > 0 ? 0 : tracker + 1;
      if (bad.length > 0) scale /= 2;
      if (tracker === options.growthInterval) [scale, tracker] = [scale * 2, 0];
      expect(scaler.state).toEqual({ scale, growthTracker: tracker });
      expect(weights.map(([w]) => w)).toEqual(expected);
      seen.add(`${order.length} ${bad.length} ${order.indexOf(bad[0])}`);
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  test('a second step of an optimizer is refused until update, and changes nothing', () => {
    const message =
      'step must be called once for each optimizer, but is called again for one: call update() of the scaler first';
    const refused = (scaler: LossScaler, optimizer: AnyOptimizer, w: Float32Array) => {
      const before = [scaler.state, copy(w)];
      expectThrow(() => scaler.step(optimizer, [f32(NaN)]), TypeError, 'ERR_MODE', message);
      expect([scaler.state, w]).toEqual(before);
    };
    const [a, b] = [f32(1), f32(1)];
    const [first, second] = [sgd(a), sgd(b)];
    const scaler = new LossScaler({ initScale: 4, growthInterval: 1 });
    scaler.step(first, [f32(4)]);
    scaler.step(second, [f32(4)]);
    for (const [optimizer, w] of [
      [first, a],
      [second, b],
    ] as const)
      refused(scaler, optimizer, w);
    scaler.update();
    expect([scaler.scale, a, b]).toEqual([8, f32(0), f32(0)]);
    scaler.step(first, [f32(8)]);
    refused(scaler, first, a); // one optimizer, too, once update was called
    scaler.update();
    scaler.step(first, [f32(16)]);
    expect([scaler.scale, a]).toEqual([16, f32(-2)]);
  });

  test('without update, a lone optimizer steps again and again, and another one later belongs to its last round', () => {
    const [a, b] = [f32(0), f32(0)];
    const [first, second] = [sgd(a), sgd(b)];
    const scaler = new LossScaler({ initScale: 8, growthInterval: 1 });
    scaler.step(first, [f32(8)]);
    expect(scaler.scale).toBe(16);
    const { scale } = scaler;
    scaler.step(first, [f32(scale)]);
    expect(scaler.scale).toBe(32);
    scaler.step(second, [f32(NaN)]); // takes back that the scale grew
    expect(scaler.state).toEqual({ scale: 8, growthTracker: 0 });
    scaler.update();
    expect([scaler.scale, a, b]).toEqual([8, f32(-2), f32(0)]);
  });

  test('calls that update nothing may come several times a round and count for nothing', () => {
    const [a, b] = [f32(0), f32(0)];
    const [first, second] = [sgd(a, { accumulate: 3 }), sgd(b)];
    const scaler = new LossScaler({ initScale: 8, growthInterval: 1 });
    scaler.update();
    scaler.update();
    for (let k = 0; k < 4; k++) scaler.step(second, [null]);
    scaler.update();
    expect(scaler.state).toEqual({ scale: 8, growthTracker: 0 });
    for (let k = 1; k <= 3; k++) expect(scaler.step(first, [f32(8 * k)]).stepped).toBe(k === 3);
    scaler.step(second, [f32(8)]);
    expect(() => scaler.step(first, [f32(1)])).toThrow('call update()');
    scaler.update();
    expect([scaler.scale, a, b]).toEqual([16, f32(-2), f32(-1)]);
  });

  test('an optimizer that throws leaves the round as it was', () => {
    const [a, b] = [f32(0), f32(0)];
    const [first, second] = [sgd(a), sgd(b)];
    const scaler = new LossScaler({ initScale: 8 });
    const bad = () => {
      expect(() => scaler.step(second, [f32(1, 2)])).toThrow('grads[0] has 2 elements');
      expect(() => scaler.step(first, [f32(1, 2)])).toThrow('grads[0] has 2 elements');
    };
    bad();
    scaler.step(first, [f32(Infinity)]);
    bad();
    scaler.step(second, [f32(8)]); // still of the round whose scale was 8
    expect([scaler.scale, b]).toEqual([4, f32(-1)]);
    scaler.update();
    expect(() => scaler.step(second, [f32(1, 2)])).toThrow('grads[0] has 2 elements');
    scaler.step(second, [f32(4)]);
    scaler.update();
    expect([scaler.state, a, b]).toEqual([{ scale: 4, growthTracker: 1 }, f32(0), f32(-2)]);
  });

  test('state read in a round is that of its start; to set it ends the round', () => {
    const [a, b] = [f32(0), f32(0)];
    const [first, second] = [sgd(a), sgd(b)];
    const scaler = new LossScaler({ initScale: 8, growthInterval: 2 });
    scaler.update();
    scaler.step(first, [f32(NaN)]);
    const saved = scaler.state;
    expect(saved).toEqual({ scale: 8, growthTracker: 0 });
    scaler.state = { scale: 32, growthTracker: 1 };
    scaler.step(first, [f32(32)]);
    scaler.step(second, [f32(32)]);
    scaler.update();
    expect([scaler.state, a, b]).toEqual([{ scale: 64, growthTracker: 0 }, f32(-1), f32(-1)]);
    const resumed = new LossScaler({ growthInterval: 2 });
    resumed.state = saved;
    resumed.step(second, [f32(8)]);
    expect([resumed.state, b]).toEqual([{ scale: 8, growthTracker: 1 }, f32(-2)]);
  });

  test('flush divides what was gathered by the scale of its losses, and counts as a step', () => {
    const [a, b] = [f32(0), f32(0)];
    const first = sgd(a, { accumulate: 4, gradScale: 0.5 });
    const second = sgd(b);
    const scaler = new LossScaler({ initScale: 8, growthInterval: 2 });
    scaler.step(first, [f32(16)]);
    scaler.step(first, [f32(48)]);
    scaler.step(second, [f32(NaN)]); // shows the scale 4, which the gathered gradients do not have
    expect([scaler.scale, scaler.flush(first)]).toMatchObject([4, { stepped: true, pending: 0 }]);
    expect([scaler.scale, a]).toEqual([4, f32(-2)]);
    const message =
      'flush must be called once for each optimizer, but is called again for one: call update() of the scaler first';
    expectThrow(() => scaler.flush(first), TypeError, 'ERR_MODE', message);
    scaler.update();
    expect(scaler.flush(first).stepped).toBe(false); // nothing waits
    scaler.update();
    expect(scaler.state).toEqual({ scale: 4, growthTracker: 0 });
    scaler.step(first, [f32(8)]);
    scaler.flush(first);
    scaler.update();
    expect([scaler.state, a]).toEqual([{ scale: 4, growthTracker: 1 }, f32(-3)]);
    scaler.step(first, [f32(Infinity)]);
    expect(scaler.flush(first)).toMatchObject({ stepped: false, nonFinite: { param: 0, index: 0 }, skippedInARow: 1 });
    scaler.update();
    expect([scaler.scale, a]).toEqual([2, f32(-3)]);
    // The optimizer's own flush divides by the scale as well, but tells the scaler nothing.
    scaler.step(first, [f32(4)]);
    expect([first.flush().stepped, a, scaler.scale]).toEqual([true, f32(-4), 2]);
    const message2 = "nonFinite of the optimizer must be 'skip' for a LossScaler, but is 'throw'";
    const throwing = new SGD([f32(1)], { nonFinite: 'throw' });
    expectThrow(() => scaler.flush(throwing), RangeError, 'ERR_INVALID_OPTION', message2);
  });

  test('a gathering call that reports a NaN is no skipped step, the step that it is gathered for is', () => {
    const optimizer = sgd(f32(0), { accumulate: 3, gradNorm: true });
    const scaler = new LossScaler({ initScale: 8, maxSkips: 1 });
    for (let window = 0; window < 2; window++) {
      scaler.step(optimizer, [f32(1)]);
      expect(scaler.step(optimizer, [f32(NaN)])).toMatchObject({ nonFinite: { param: 0 }, skippedInARow: window });
      expect(scaler.scale).toBe(8 / 2 ** window);
      if (window === 0) expect(scaler.step(optimizer, [f32(1)])).toMatchObject({ stepped: false, skippedInARow: 1 });
      else expect(() => scaler.step(optimizer, [f32(1)])).toThrow('but 2 in a row were skipped');
      expect(scaler.scale).toBe(4);
    }
  });

  test('the scale stays while gathered gradients wait', () => {
    const [a, b] = [f32(0), f32(0)];
    const first = sgd(a, { accumulate: 3 });
    const second = sgd(b);
    const todo = 'call step or flush with that optimizer first, or its drop()';
    const waiting = (calls: number) =>
      `while gradients of a loss times 8 wait in an optimizer (calls gathered: ${calls})`;
    const refused = (what: string, calls: number, act: () => void) =>
      expectThrow(act, TypeError, 'ERR_MODE', `${what} ${waiting(calls)}: ${todo}`);

    const lone = new LossScaler({ initScale: 8 });
    lone.step(first, [f32(8)]);
    lone.step(second, [f32(NaN)]);
    refused('step must not start another round', 1, () => lone.step(second, [f32(8)]));
    refused('update must not be called', 1, () => lone.update());
    refused('state must not be set to another scale', 1, () => (lone.state = { scale: 4, growthTracker: 0 }));
    expect([lone.scale, b]).toEqual([4, f32(0)]);
    lone.step(first, [f32(16)]);
    lone.step(first, [f32(24)]);
    expect([lone.scale, a]).toEqual([4, f32(-2)]);
    lone.update();

    // Each way in which gathered gradients go lets the round end.
    for (const end of ['drop', 'flush', 'dispose'] as const) {
      const optimizer = sgd(f32(0), { accumulate: 3 });
      const scaler = new LossScaler({ initScale: 8, growthInterval: 1 });
      scaler.step(optimizer, [f32(1)]);
      scaler.update(); // no step was taken, so the scale does not change
      scaler.step(optimizer, [f32(1)]);
      scaler.step(second, [f32(8)]);
      refused('update must not be called', 2, () => scaler.update());
      expect(scaler.state).toEqual({ scale: 8, growthTracker: 0 });
      if (end === 'flush') scaler.flush(optimizer);
      else optimizer[end]();
      scaler.update();
      expect(scaler.scale, end).toBe(16);
    }
    const same = new LossScaler({ initScale: 8, growthInterval: 2 });
    same.step(first, [f32(1)]);
    same.state = { scale: 8, growthTracker: 1 };
    expect(same.state.growthTracker).toBe(1);
  });

  test('schedules and getters cannot step, update or set the scaler whose step runs', () => {
    const scaler = new LossScaler({ initScale: 8 });
    const [w, v] = [f32(0), f32(0)];
    const other = sgd(v);
    const before = scaler.state;
    for (const [what, act] of [
      ['update must not be called', () => scaler.update()],
      ['step must not be called', () => scaler.step(other, [f32(1)])],
      ['flush must not be called', () => scaler.flush(other)],
      ['state must not be set', () => (scaler.state = { scale: 1, growthTracker: 0 })],
    ] as const) {
      const optimizer = create(SGD, { w }, { nonFinite: 'skip', backend: name });
      const grads = {
        get w() {
          act();
          return f32(1);
        },
      };
      const message = `${what} by schedules or getters of gradients while a step of the LossScaler runs`;
      expectThrow(() => scaler.step(optimizer, grads), TypeError, 'ERR_MODE', message);
      expect([scaler.state, w, v]).toEqual([before, f32(0), f32(0)]);
    }
    expect(scaler.step(other, [f32(8)]).stepped).toBe(true);
  });
});

describe('maxSkips', () => {
  const skipping = (w: Float32Array) => new SGD({ w }, { lr: 1, nonFinite: 'skip' });

  test('the scale shrinks so many times in a row, then a skipped step is an error that changes nothing', () => {
    const w = f32(1);
    const sgd = skipping(w);
    const scaler = new LossScaler({ initScale: 64, maxSkips: 3, growthInterval: 2 });
    for (let k = 1; k <= 3; k++) expect(scaler.step(sgd, { w: f32(NaN) }).skippedInARow).toBe(k);
    expect(scaler.scale).toBe(8);
    const message =
      'grads must become finite within maxSkips (3) skipped steps, but 4 in a row were skipped, the last one for element 0 ' +
      "of 'w' at scale 8: look for what makes the loss or its gradients NaN or infinite";
    for (let k = 0; k < 2; k++) {
      expectThrow(() => scaler.step(sgd, { w: f32(NaN) }), RangeError, 'ERR_NON_FINITE', message);
      expect([scaler.state, w]).toEqual([{ scale: 8, growthTracker: 0 }, f32(1)]);
    }
    scaler.step(sgd, { w: null });
    expect(() => scaler.step(sgd, { w: f32(NaN) })).toThrow(message);
    expect(scaler.step(sgd, { w: f32(8) }).skippedInARow).toBe(0);
    expect([scaler.state, w]).toEqual([{ scale: 8, growthTracker: 1 }, f32(0)]);
    for (let k = 1; k <= 3; k++) scaler.step(sgd, { w: f32(NaN) });
    expect(scaler.scale).toBe(1);
    scaler.state = { scale: 64, growthTracker: 0 }; // counts anew
    for (let k = 1; k <= 3; k++) scaler.step(sgd, { w: f32(NaN) });
    expect(() => scaler.step(sgd, { w: f32(NaN) })).toThrow('at scale 8');
  });

  test('rounds of several optimizers count, whichever was skipped', () => {
    const [a, b] = [skipping(f32(1)), skipping(f32(1))];
    const scaler = new LossScaler({ initScale: 64, maxSkips: 2 });
    for (const bad of [a, b]) {
      for (const sgd of [a, b]) scaler.step(sgd, { w: f32(sgd === bad ? Infinity : 1) });
      scaler.update();
    }
    expect(scaler.scale).toBe(16);
    scaler.step(a, { w: f32(1) });
    const before = scaler.state;
    expect(() => scaler.step(b, { w: f32(NaN) })).toThrow('but 3 in a row were skipped');
    expect(scaler.state).toBe(before);
    scaler.step(b, { w: f32(1) });
    scaler.update();
    for (let round = 0; round < 2; round++) {
      for (const sgd of [a, b]) scaler.step(sgd, { w: f32(NaN) });
      scaler.update();
    }
    expect(scaler.scale).toBe(4);
    expect(() => scaler.step(a, { w: f32(NaN) })).toThrow('but 3 in a row were skipped');
  });

  test('without it nothing is refused', () => {
    for (const options of [{}, { maxSkips: Infinity }]) {
      const sgd = skipping(f32(1));
      const scaler = new LossScaler({ ...options });
      for (let k = 1; k <= 200; k++) expect(scaler.step(sgd, { w: f32(NaN) }).skippedInARow).toBe(k);
      expect(scaler.scale).toBe(2 ** -149);
    }
  });
});
