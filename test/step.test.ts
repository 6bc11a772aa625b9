// What a step means, whatever the rule: shapes, null gradients, bound gradients, options changed midway, state.

import { runInNewContext } from 'node:vm';
import { Adam, AdamW, ASGD, backend, type FloatArray, Momentum, NAdam, Rprop, SGD, schedules } from 'lockstep';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { optimizers } from './optimizers.js';

const f32 = (...values: number[]) => new Float32Array(values);

describe.each(backend().available)('%s', (name) => {
  describe.each(optimizers)('$name', ({ create, name: optimizerName }) => {
    const trained = (grads: readonly (readonly (FloatArray | null)[])[], options: object = {}) => {
      const params = [f32(1, 2, 3), f32(-4, 5)];
      const optimizer = create(params, { ...options, backend: name });
      for (const grad of grads) optimizer.step(grad);
      return { params, state: optimizer.state };
    };
    const [a, b] = [f32(0.1, -0.2, 0.3), f32(0.4, -0.5)];

    test('parameters of one group that are at different steps, each as in an optimizer of its own', () => {
      const values = [f32(1, -2), f32(-3, 4), f32(0.5, 8), f32(6, 7)];
      const grads = [f32(0.5, -1), f32(2, 0.25), f32(-1, 3), f32(0.125, -0.5)];
      // A gap between neighbours that are at the same step otherwise, and neighbours that are at different ones.
      const given = [
        [true, false, true, true],
        [true, false, false, true],
        [true, true, true, true],
        [true, true, true, true],
        [false, true, true, false],
        [true, true, true, true],
      ];
      const together = values.map((value) => value.slice());
      const optimizer = create(together, { backend: name });
      const alone = values.map((value) => {
        const param = value.slice();
        return { param, optimizer: create([param], { backend: name }) };
      });
      for (const has of given) {
        optimizer.step(grads.map((grad, i) => (has[i] ? grad : null)));
        for (const [i, each] of alone.entries()) if (has[i]) each.optimizer.step([grads[i]]);
      }
      for (let t = 0; t < 3; t++) {
        optimizer.step(); // coefficients of several steps are written at once
        for (const each of alone) each.optimizer.step();
      }
      expect(together).toEqual(alone.map(({ param }) => param));
      expect(optimizer.state).toEqual(alone.map((each) => each.optimizer.state[0]));
    });

    test('a null gradient skips its parameter whole: it is as if the step had not been', () => {
      const { params, state } = trained([
        [a, b],
        [null, b],
        [a, null],
        [null, null],
        [a, b],
      ]);
      const straight = trained([
        [a, b],
        [a, b],
        [a, b],
      ]);
      expect(params).toEqual(straight.params);
      expect(state).toEqual(straight.state);
      expect(state.map(({ step }) => step)).toEqual([3, 3]);
    });

    test('a gradient of zeros is a step', () => {
      const { state } = trained([[f32(0, 0, 0), f32(0, 0)]]);
      expect(state.map(({ step }) => step)).toEqual([1, 1]);
    });

    test('the report', () => {
      const optimizer = create([f32(1, 2, 3), f32(-4, 5)], { backend: name });
      const plain = { gradNorm: null, clipCoefficient: 1, nonFinite: null, pending: 0, skippedInARow: 0 };
      expect(optimizer.step([a, b])).toEqual({ stepped: true, step: 1, skipped: 0, ...plain });
      expect(optimizer.step([null, b])).toEqual({ stepped: true, step: 2, skipped: 1, ...plain });
      expect(optimizer.step([null, null])).toEqual({ stepped: false, step: 2, skipped: 2, ...plain });
      expect(optimizer.step([a, b])).toEqual({ stepped: true, step: 3, skipped: 0, ...plain });
    });

    test('bound gradients are read anew in each step', () => {
      const params = [f32(1, 2, 3), f32(-4, 5)];
      const optimizer = create(params, { backend: name });
      const grads = [f32(1, 1, 1), f32(1, 1)];
      optimizer.bindGrads(grads);
      for (const grad of [
        [a, b],
        [b, a],
      ]) {
        grads[0].fill(grad[0][0]);
        grads[1].fill(grad[1][0]);
        optimizer.step();
      }
      const straight = trained([
        [f32(a[0], a[0], a[0]), f32(b[0], b[0])],
        [f32(b[0], b[0], b[0]), f32(a[0], a[0])],
      ]);
      expect(params).toEqual(straight.params);
    });

    test('gradients may share memory among themselves, and are never written', () => {
      const memory = f32(0.5, 0.25, 0.125);
      const { params } = trained([[memory, memory.subarray(0, 2)]]);
      expect([...memory]).toEqual([0.5, 0.25, 0.125]);
      expect(params).toEqual(trained([[f32(0.5, 0.25, 0.125), f32(0.5, 0.25)]]).params);
    });

    // Rprop's lr is what the step sizes start with, and fixed.
    test.skipIf(optimizerName === 'Rprop')('an option set between steps is what the next step uses', () => {
      const params = [f32(1, 2, 3), f32(-4, 5)];
      const optimizer = create(params, { backend: name });
      const group = optimizer.groups[0] as { lr: number };
      optimizer.step([a, b]);
      const lr = optimizerName === 'FTRL' ? 1e9 : 0; // which has no lr of 0
      group.lr = lr;
      const before = structuredClone(params);
      optimizer.step([a, b]);
      if (['FTRL', 'Momentum', 'ASGD'].includes(optimizerName))
        expect(params).not.toEqual(before); // the old velocity runs out by itself; ASGD is one step late
      else expect(params).toEqual(before);
      expect(group.lr).toBe(lr);
    });

    test('records and lists, f32 and f64 side by side, more parameters than one native call binds', () => {
      const count = 150;
      const arrays = (value: number) =>
        Array.from({ length: count }, (_, i) =>
          new (i % 3 === 0 ? Float64Array : Float32Array)(3).fill(value * (i + 1)),
        );
      const named = (list: readonly FloatArray[]) => Object.fromEntries(list.map((array, i) => [`p${i}`, array]));
      const list = arrays(1);
      const record = named(arrays(1));
      const [listed, recorded] = [create(list, { backend: name }), create(record, { backend: name })];
      for (let step = 0; step < 2; step++) {
        listed.step(arrays(0.5));
        recorded.step(named(arrays(0.5)) as never);
      }
      expect(Object.values(record)).toEqual(list);
      for (const [i, initial] of arrays(1).entries()) expect(list[i]).not.toEqual(initial);
    });

    test('empty arrays are fine, as parameters and as gradients', () => {
      const params = [f32(), f32(1), new Float64Array(0)];
      const optimizer = create(params, { backend: name });
      for (let step = 0; step < 2; step++) {
        expect(optimizer.step([f32(), f32(1), new Float64Array(0)])).toMatchObject({ stepped: true, skipped: 0 });
      }
      expect(params[1][0]).not.toBe(1);
    });

    test('arrays of every origin', () => {
      class Weights extends Float32Array {
        override get length(): number {
          throw new Error('a subclass may say anything');
        }
      }
      const spoofed = f32(1, 2);
      Object.defineProperty(spoofed, 'length', { value: 1e9 });
      const naked = Object.setPrototypeOf(f32(1, 2), null) as Float32Array;
      const params: Float32Array[] = [
        new Weights([1, 2]),
        spoofed,
        naked,
        new Float32Array(new SharedArrayBuffer(8)).fill(1),
        runInNewContext('new Float32Array([1, 2])'),
        runInNewContext('new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer, 8, 2).fill(1)'),
      ];
      const optimizer = create(params, { backend: name });
      const plain = [f32(1, 2), f32(1, 2), f32(1, 2), f32(1, 1), f32(1, 2), f32(1, 1)];
      const reference = create(plain, { backend: name });
      for (let step = 0; step < 3; step++) {
        optimizer.step(params.map(() => f32(0.5, -0.5)));
        reference.step(params.map(() => f32(0.5, -0.5)));
      }
      for (const [i, param] of params.entries()) expect([param[0], param[1]]).toEqual([...plain[i]]);
    });
  });
});

test('names of parameters may be anything', () => {
  const params = JSON.parse('{ "__proto__": 0, "constructor": 0, "a b": 0, "7": 0 }') as Record<string, Float32Array>;
  for (const name of Object.keys(params)) {
    Object.defineProperty(params, name, { value: f32(1), enumerable: true });
  }
  const optimizer = new SGD(params, { lr: 1 });
  const grads = Object.create(null) as Record<string, Float32Array>;
  for (const name of Object.keys(params)) grads[name] = f32(0.25);
  optimizer.step(grads);
  expect(Object.entries(params).map(([name, [value]]) => [name, value])).toEqual([
    ['7', 0.75],
    ['__proto__', 0.75],
    ['constructor', 0.75],
    ['a b', 0.75],
  ]);
  expect(Object.keys(optimizer.state)).toEqual(Object.keys(params));
});

test('state is live, by name and by index', () => {
  const named = new Momentum({ w: f32(1) }, { lr: 1 });
  const { velocity } = named.state.w;
  named.step({ w: f32(2) });
  expect([...velocity]).toEqual([-2]);
  expect(named.state.w).toEqual({ step: 1, velocity });
  const listed = new Adam([new Float64Array([1])]);
  expect(listed.state[0].expAvgSq).toBeInstanceOf(Float64Array);
});

test('arrays of state that fill pages lie at different places of theirs, and small ones take no more than they need', () => {
  const placesOf = (length: number) => {
    const params = [new Float32Array(length), new Float64Array(length)];
    const optimizer = new Adam(params, { amsgrad: true, ema: { decay: 0.9 } });
    return optimizer.state.map(({ expAvg, expAvgSq, maxExpAvgSq }, i) =>
      [expAvg, expAvgSq, maxExpAvgSq, optimizer.averages[i]].map((array) => {
        expect(array).toHaveLength(length);
        expect(array?.buffer.byteLength).toBe((array?.byteOffset ?? 0) + (array?.byteLength ?? 0));
        return array?.byteOffset;
      }),
    );
  };
  for (const places of placesOf(4096)) {
    expect(new Set([0, ...places]).size).toBe(5);
    for (const place of places) expect([Number(place) % 64, Number(place) < 4096]).toEqual([0, true]);
  }
  expect(placesOf(100)).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('numbers that a parameter carries are state, and change with its own steps alone', () => {
  const nadam = new NAdam({ w: f32(1), b: f32(1) }, { betas: [0.8, 0.9], momentumDecay: 0 });
  expect(nadam.state.w).toMatchObject({ step: 0, muProduct: 1 });
  nadam.step({ w: f32(1), b: null });
  nadam.step({ w: f32(1), b: f32(1) });
  expect(() => nadam.step({ w: f32(1), b: f32(1, 2) })).toThrow('grads.b has 2 elements');
  expect(nadam.state.w).toMatchObject({ step: 2, muProduct: 0.4 * 0.4 });
  expect(nadam.state.b).toMatchObject({ step: 1, muProduct: 0.4 });
});

test('ASGD: an lr that is set after the first step shows one step late', () => {
  const w = f32(1);
  const asgd = new ASGD([w], { lr: 4, lambd: 0 });
  asgd.groups[0].lr = 0.5;
  asgd.step([f32(1)]);
  expect([...w]).toEqual([0.5]);
  asgd.groups[0].lr = 0.25;
  asgd.step([f32(1)]);
  expect([...w]).toEqual([0]);
  expect(asgd.state[0]).toMatchObject({ eta: 0.25, mu: 1, ax: f32(0) });
  asgd.step([f32(1)]);
  expect([...w]).toEqual([-0.25]);
});

test('Rprop: gradients agree where their product is too small for a float', () => {
  const rprop = new Rprop([f32(1)], { lr: 0.5, etas: [0.25, 2] });
  rprop.step([f32(1e-30)]);
  rprop.step([f32(1e-30)]);
  expect(rprop.state[0]).toMatchObject({ stepSize: f32(1), prev: f32(1e-30) });
  rprop.groups[0].etas = [0.5, 2];
  rprop.step([f32(-1e-30)]);
  expect(rprop.state[0]).toMatchObject({ stepSize: f32(0.5), prev: f32(0) });
});

test('betas are a copy that cannot change behind the check', () => {
  const betas: [number, number] = [0.5, 0.5];
  const [group] = new Adam([f32(1)], { betas }).groups;
  betas[0] = 7;
  expect(group.betas).toEqual([0.5, 0.5]);
  expect(() => Object.assign(group.betas, { 0: 7 })).toThrow(TypeError);
});

test('using', () => {
  const adam = new Adam([f32(1)]);
  adam[Symbol.dispose]();
  expect(() => adam.step([f32(1)])).toThrow('Adam was disposed');
});

test('types', () => {
  const w = new Float32Array(2);
  const b = new Float64Array(2);
  const named = new Adam({ w, b });
  interface NamedGrads {
    readonly w: Float32Array | null;
    readonly b: Float64Array | null;
  }
  expectTypeOf(named.step).parameter(0).toEqualTypeOf<NamedGrads | readonly NamedGrads[] | undefined>();
  expectTypeOf(named.state.b.expAvg).toEqualTypeOf<Float64Array>();
  expectTypeOf(named.groups[0].betas).toEqualTypeOf<readonly [number, number]>();
  interface Weights {
    w: Float32Array;
  }
  const weights: Weights = { w: new Float32Array(1) };
  new SGD(weights).step({ w: null });
  const listed = new SGD([w]);
  listed.step([null]);
  const grouped = new AdamW([{ params: { w: new Float32Array(2) }, lr: 0.1 }, { params: { b: new Float64Array(1) } }], {
    lr: schedules.constant(1),
  });
  grouped.step({ w: new Float32Array(2), b: null });
  expectTypeOf(grouped.state.b.expAvg).toEqualTypeOf<Float64Array>();
  grouped.groups[0].lr *= 0.1;
  grouped.groups[0].lr = (step) => 1 / (1 + step);
  expectTypeOf(grouped.groups[0].lr).toEqualTypeOf<number>();
  const listedGroups = new SGD([{ params: [new Float32Array(1)] }, { params: [new Float64Array(1)] }]);
  listedGroups.step([null, null]);
  // @ts-expect-error an unknown option
  expect(() => new SGD([new Float32Array(1)], { learningRate: 1 })).toThrow();
  // @ts-expect-error a gradient of another type
  expect(() => named.step({ w: new Float64Array(2), b: null })).toThrow();
});
