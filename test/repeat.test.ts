// Steps that repeat the one before take a short way. It must lead where the long way does, and end where it no longer does.

import { Adam, backend, type FloatArray, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyOptimizer, optimizers } from './optimizers.js';
import { copy } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);

/** Where this JavaScript has it. */
const float16 = (globalThis as { readonly Float16Array?: new (length: number) => object }).Float16Array;

interface Change {
  readonly what: string;
  readonly options?: object;
  /** Rprop's lr is where its steps start: it is fixed. */
  readonly setsLr?: true;
  readonly change?: (optimizer: AnyOptimizer) => void;
}

const pipelineOf = (optimizer: AnyOptimizer) =>
  (optimizer as unknown as { readonly pipeline: { readonly gradScale: number } }).pipeline;

const changes: readonly Change[] = [
  { what: 'nothing changes' },
  { what: 'lr is set', setsLr: true, change: ({ groups }) => Object.assign(groups[0], { lr: 0.25 }) },
  {
    what: 'lr becomes a schedule',
    setsLr: true,
    change: ({ groups }) => Object.assign(groups[0], { lr: (t: number) => 0.1 / (t + 1) }),
  },
  { what: 'gradScale is set', change: (optimizer) => Object.assign(pipelineOf(optimizer), { gradScale: 0.5 }) },
  { what: 'clipValue is set', change: (optimizer) => Object.assign(pipelineOf(optimizer), { clipValue: 0.2 }) },
  { what: 'clipNorm is set', change: (optimizer) => Object.assign(pipelineOf(optimizer), { clipNorm: 0.2 }) },
  { what: 'weights are averaged', options: { ema: { decay: 0.5, debias: true } } },
  { what: 'gradients are gathered', options: { accumulate: 2 } },
];

describe.each(backend().available)('%s', (name) => {
  describe.each(optimizers)('$name', ({ create, name: optimizerName }) => {
    test.each(changes.filter(({ setsLr }) => setsLr !== true || optimizerName !== 'Rprop'))(
      '$what',
      ({ options, change }) => {
        const grads = [f32(0.1, -0.2, 0.3), null, f32(0.4, -0.5)];
        /** The same steps, by gradients of every way to give them. */
        const train = (step: (optimizer: AnyOptimizer, grads: readonly (FloatArray | null)[]) => void) => {
          const params = [f32(1, 2, 3), f32(7), f32(-4, 5)];
          const optimizer = create(params, { ...options, backend: name });
          optimizer.step([grads[0], f32(1), grads[2]]);
          for (let i = 0; i < 4; i++) step(optimizer, grads);
          change?.(optimizer);
          for (let i = 0; i < 4; i++) step(optimizer, grads);
          return { params, state: optimizer.state };
        };
        const long = train((optimizer, given) => {
          const pipeline = pipelineOf(optimizer);
          Object.assign(pipeline, { gradScale: pipeline.gradScale }); // an option that is set ends the short way
          optimizer.step(given);
        });
        const fresh = train((optimizer, given) => optimizer.step(given.map((grad) => grad && copy(grad))));
        const same = train((optimizer, given) => optimizer.step(given));
        let isBound: AnyOptimizer | undefined;
        const bound = train((optimizer, given) => {
          if (isBound !== optimizer) (optimizer as unknown as { bindGrads(grads: unknown): void }).bindGrads(given);
          isBound = optimizer;
          optimizer.step();
        });
        expect(fresh).toEqual(long);
        expect(same).toEqual(long);
        expect(bound).toEqual(long);
      },
    );
  });
});

// Coefficients that no longer change are no longer written: with the default betas from step 40,000 on. Params stay near 0,
// where a difference of an ulp in the length of a step can be seen.
test.each(optimizers)('$name: a long training', ({ create }) => {
  const train = (isShort: boolean) => {
    const [param, grad] = [new Float64Array(2), new Float64Array(2)];
    const optimizer = create([param], { backend: backend().available[0] });
    optimizer.step([grad]);
    const pipeline = pipelineOf(optimizer);
    for (let t = 0; t < 40_100; t++) {
      grad[0] = t % 2 === 0 ? 0.1 : -0.1;
      grad[1] = (t % 7) - 3;
      if (!isShort) Object.assign(pipeline, { gradScale: pipeline.gradScale });
      optimizer.step();
    }
    return { param, state: optimizer.state };
  };
  expect(train(true)).toEqual(train(false));
});

test('arrays that were detached since the last step', () => {
  const start = () => {
    const [w, g] = [f32(1, 2), f32(0.1, 0.2)];
    const optimizer = new Adam({ w });
    for (let i = 0; i < 3; i++) optimizer.step({ w: g });
    return { optimizer, w, g };
  };
  const detach = (array: FloatArray) => structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  const param = start();
  detach(param.w);
  expect(() => param.optimizer.step()).toThrow(/params\.w must have its memory/);
  expect(() => param.optimizer.step({ w: param.g })).toThrow(/params\.w must have its memory/);
  const grad = start();
  detach(grad.g);
  expect(() => grad.optimizer.step()).toThrow(/grads\.w must have its memory/);
  expect(() => grad.optimizer.step({ w: grad.g })).toThrow(/grads\.w must have its memory/);
  const state = start();
  detach(state.optimizer.state.w.expAvg);
  expect(() => state.optimizer.step()).toThrow(/state\.w\.expAvg must have its memory/);
});

test('arrays that grow or shrink with their buffers', () => {
  const buffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 64 }]) as ArrayBuffer & {
    resize(n: number): void;
  };
  const w = new Float32Array(buffer);
  const optimizer = new Adam({ w });
  for (let i = 0; i < 3; i++) optimizer.step({ w: f32(0.1, 0.2) });
  buffer.resize(16);
  expect(() => optimizer.step()).toThrow(/params\.w has 4 elements, it had 2 when it was bound/);
  buffer.resize(4);
  expect(() => optimizer.step()).toThrow(/params\.w has 1 elements, it had 2 when it was bound/);
  buffer.resize(8);
  expect(optimizer.step()).toMatchObject({ stepped: true, step: 4 });
});

test('a gradient that was detached while it was bound', () => {
  const [w, g] = [f32(1, 2), f32(0.1, 0.2)];
  const optimizer = new Adam({ w });
  for (let i = 0; i < 3; i++) optimizer.step({ w: g });
  const next = f32(0.3, 0.4);
  optimizer.step({ w: next });
  structuredClone(next.buffer, { transfer: [next.buffer] });
  const before = copy(w);
  expect(() => optimizer.step()).toThrow(/grads\.w must have its memory/);
  expect(() => optimizer.step()).toThrow(/grads\.w must have its memory/);
  expect(w).toEqual(before);
});

test('a getter that changes an option before the gradients are known to be the same', () => {
  const [w, g] = [f32(1, 2), f32(0.1, 0.2)];
  const optimizer = new Adam({ w }, { lr: 0.1 });
  for (let i = 0; i < 3; i++) optimizer.step({ w: g });
  const before = copy(w);
  optimizer.step({
    get w() {
      optimizer.groups[0].lr = 0;
      return g;
    },
  });
  expect(w).toEqual(before);
});

test.each(backend().available)('%s: steps are counted however they are asked for', (name) => {
  const [a, b, g] = [f32(1, 2), f32(3), f32(0.1, 0.2)];
  const params: Float32Array[] = [a, b];
  const optimizer = new Adam(params, { backend: name, ema: { decay: 0.5 } });
  optimizer.step([g, null]);
  for (let t = 2; t < 30; t++) {
    expect(optimizer.step().step).toBe(t);
    if (t % 3 !== 0) continue;
    expect(optimizer.state.map(({ step }) => step)).toEqual([t, 0]);
  }
  const c = f32(5);
  optimizer.addGroup({ params: [c] });
  expect(optimizer.state.map(({ step }) => step)).toEqual([29, 0, 0]);
  optimizer.step([g, f32(1), f32(2)]);
  for (let t = 0; t < 5; t++) optimizer.step();
  optimizer.swapAverages();
  expect(optimizer.state.map(({ step }) => step)).toEqual([35, 6, 6]);
  optimizer.swapAverages();
  optimizer.groups[0].lr = 0.5;
  optimizer.step();
  expect(optimizer.state.map(({ step }) => step)).toEqual([36, 7, 7]);
});

// The addon binds some dozens at a time: one that is refused later must take back what was bound before it.
describe.each(backend().available)('%s: gradients that are refused in place of others', (name) => {
  const [count, at] = [150, 140];
  const start = (repeats: number) => {
    const params = Array.from({ length: count }, (_, i) => f32(i, i + 1));
    const grads = params.map((_, i) => f32(0.1, i / 100));
    const optimizer = new Adam(params, { backend: name });
    for (let t = 0; t < repeats; t++) optimizer.step(grads);
    return { params, grads, optimizer };
  };
  const detached = () => {
    const array = f32(1, 2);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  };
  const refused: Readonly<Record<string, (params: readonly Float32Array[]) => unknown>> = {
    'of another type': () => new Float64Array(2),
    'an Int32Array': () => new Int32Array(2),
    'too long': () => f32(1, 2, 3),
    'too short': () => f32(1),
    'a parameter': (params) => params[3],
    detached: detached,
    undefined: () => undefined,
    'a list of numbers': () => [1, 2],
    // Node-API may know less than JavaScript; older ones leave the type of such an array as it was.
    ...(float16 && { 'a Float16Array': () => new float16(2) }),
  };
  test.each(Object.entries(refused))('%s', (_, bad) => {
    const attempt = (repeats: number) => {
      const { params, grads, optimizer } = start(repeats);
      const given = grads.map((grad, i) => (i === at ? bad(params) : copy(grad).fill(9)));
      let thrown: unknown;
      try {
        optimizer.step(given as Float32Array[]);
      } catch (error) {
        thrown = error;
      }
      return { params, optimizer, thrown };
    };
    const first = attempt(0).thrown as Error & { code: string };
    const later = attempt(3);
    expect(first.message).toContain(`grads[${at}]`);
    expect(later.thrown).toEqual(first);
    expect(later.thrown).toHaveProperty('code', first.code);

    const other = start(3);
    expect(later.params).toEqual(other.params);
    for (let t = 0; t < 3; t++) {
      later.optimizer.step();
      other.optimizer.step();
      expect(later.params).toEqual(other.params);
    }
    expect(later.optimizer.state).toEqual(other.optimizer.state);
  });
});

describe.each(backend().available)('%s: what is refused between steps leaves no trace', (name) => {
  const repeating = () => {
    const [w, g] = [f32(0), f32(1)];
    const optimizer = new SGD([w], { lr: 1, backend: name });
    for (let t = 0; t < 3; t++) optimizer.step([g]);
    return { optimizer, w, g };
  };

  const bad: Readonly<Record<string, () => unknown>> = {
    'one of several': () => [[f32(100)], 5],
    'nulls that differ': () => [[f32(100)], [null]],
    'a getter that throws': () => [
      [f32(100)],
      {
        get length(): number {
          throw new Error('no');
        },
      },
    ],
    'a list of numbers': () => [[1]],
    'a longer list': () => [f32(100), f32(100)],
  };
  test.each(Object.entries(bad))('%s', (_, grads) => {
    const { optimizer, w } = repeating();
    expect(() => optimizer.step(grads() as [Float32Array])).toThrow();
    expect([...w]).toEqual([-3]);
    optimizer.step();
    optimizer.step();
    expect([...w]).toEqual([-5]);
    expect(optimizer.state[0].step).toBe(5);
  });

  test('a gradient that is detached after another was refused in its place', () => {
    const { optimizer, w, g } = repeating();
    expect(() => optimizer.step([f32(1, 2)])).toThrow(/grads\[0\] has 2 elements/);
    structuredClone(g.buffer, { transfer: [g.buffer] });
    expect(() => optimizer.step()).toThrow(/grads\[0\] must have its memory/);
    expect([...w]).toEqual([-3]);
  });

  test('gradients that are detached after several were bound', () => {
    class Own extends Float32Array {}
    const { optimizer, w } = repeating();
    const several = [new Own([1]), f32(3)];
    optimizer.step(several.map((grad) => [grad]));
    expect([...w]).toEqual([-5]);
    structuredClone(several[0].buffer, { transfer: [several[0].buffer] });
    expect(() => optimizer.step()).toThrow(/grads\[0\] must have its memory/);
    expect([...w]).toEqual([-5]);
  });

  test('an optimizer that its own options dispose of', () => {
    const { optimizer, w } = repeating();
    const options = {
      get gradScale() {
        optimizer.dispose();
        return 1;
      },
    };
    expect(() => optimizer.step(undefined, options)).toThrow(/disposed/);
    expect([...w]).toEqual([-3]);
  });

  test('a report that is written to, made read-only, or would be made to run code', () => {
    for (const change of [
      Object.freeze,
      (report: object) => Object.defineProperty(report, 'step', { writable: false }),
      (report: object) => Object.defineProperty(report, 'step', { set: () => {} }),
      (report: object) => Object.assign(report, { stepped: false }),
    ]) {
      const { optimizer, w, g } = repeating();
      const report = optimizer.step([g]);
      if (change === Object.freeze) change(report);
      else expect(() => change(report)).toThrow(TypeError);
      expect(optimizer.step()).toMatchObject({ stepped: true, step: 5 });
      expect(optimizer.step()).toMatchObject({ stepped: true, step: 6 });
      expect(optimizer.step([f32(1)])).toMatchObject({ stepped: true, step: 7 });
      expect([...w]).toEqual([-7]);
      expect(optimizer.state[0].step).toBe(7);
    }
  });

  test('setters for the elements of lists', () => {
    for (const index of [0, 1, 2, 3]) {
      const [w, g] = [f32(0), f32(1)];
      const optimizer = new Adam([w], { backend: name });
      optimizer.bindGrads([g]);
      optimizer.step();
      Object.defineProperty(Array.prototype, index, { configurable: true, set() {}, get: () => undefined });
      try {
        optimizer.step();
        optimizer.step();
      } finally {
        Reflect.deleteProperty(Array.prototype, index);
      }
      structuredClone((index < 2 ? w : g).buffer, { transfer: [(index < 2 ? w : g).buffer] });
      expect(() => optimizer.step()).toThrow(/must have its memory/);
    }
  });

  test('a gradient that is detached before the first sum is bound', () => {
    const [w, g] = [f32(0), f32(1)];
    const optimizer = new SGD([w], { backend: name, accumulate: 2 });
    optimizer.step([g]);
    structuredClone(g.buffer, { transfer: [g.buffer] });
    expect(() => optimizer.step()).toThrow(/grads\[0\] must have its memory/);
    expect([...w]).toEqual([0]);
  });
});
