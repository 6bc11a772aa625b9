// Averages of parameters that have none yet, and the weights while averages are in their place.

import { Adam, AdamW, backend, ScheduleFreeSGD, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { arraysOf, create, expectSame, expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);
const f64 = (...values: number[]) => new Float64Array(values);
const copies = (arrays: Iterable<Float32Array | Float64Array>) => Array.from(arrays, (array) => array.slice());

describe.each(backend().available)('%s', (name) => {
  describe('until a parameter has its first average, its average reads as its weights', () => {
    test('before its first step, and while its gradient is null', () => {
      const [w, b] = [f32(1, -2, 3), f64(0.1, 0.2)];
      const adam = new Adam({ w, b }, { ema: { decay: 0.9 }, backend: name });
      expect(adam.averages).toEqual({ w, b });
      adam.step({ w: f32(1, 1, 1), b: null });
      adam.step({ w: f32(1, 1, 1), b: null });
      expect(adam.averages.w).not.toEqual(w);
      expect(adam.averages.b).toEqual(b);
      b.fill(7);
      expect(adam.averages.b).toEqual(f64(7, 7));
    });

    test('before swa.start, after which the same arrays hold the average', () => {
      const w = f32(0, 16_777_216);
      const sgd = new SGD([w], { lr: 1, swa: { start: 3 }, backend: name });
      const [held] = sgd.averages;
      for (let t = 0; t < 2; t++) {
        expect(sgd.averages[0]).toEqual(w);
        sgd.step([f32(-1, 0.5)]);
      }
      expect(sgd.averages[0]).toEqual(w);
      sgd.step([f32(-1, 0)]);
      sgd.step([f32(-1, 0)]);
      expect(held).toEqual(f32(3.5, 16_777_216));
      expect(sgd.averages[0]).toBe(held);
    });

    test('of a group that was added later', () => {
      const [w, b] = [f32(1), f32(2)];
      const sgd = new SGD({ w }, { lr: 0.5, ema: { decay: 0.5 }, backend: name });
      sgd.step({ w: f32(1) });
      sgd.step({ w: f32(1) });
      sgd.addGroup({ params: { b } });
      expect(sgd.averages).toEqual({ w: f32(0.25), b });
    });

    test('while gradients are gathered, and after a step that was skipped', () => {
      const w = f32(1);
      const sgd = new SGD({ w }, { lr: 1, ema: {}, accumulate: 2, nonFinite: 'skip', backend: name });
      for (const grad of [2, Number.NaN, 2]) {
        sgd.step({ w: f32(grad) });
        expect([w, sgd.averages.w, sgd.steps]).toEqual([f32(1), f32(1), 0]);
      }
      sgd.step({ w: f32(4) });
      expect([w, sgd.averages.w, sgd.steps]).toEqual([f32(-2), f32(-2), 1]);
    });

    test('in a Schedule-Free optimizer', () => {
      const w = f32(1, 2);
      const sgd = new ScheduleFreeSGD({ w }, { ema: {}, backend: name });
      expect(sgd.averages.w).toEqual(w);
      sgd.step({ w: f32(1, 1) });
      expect(sgd.averages.w).toEqual(w);
    });

    test('an array that was detached is left alone', () => {
      const w = f32(1, 2);
      const sgd = new SGD({ w }, { ema: {}, backend: name });
      structuredClone(w, { transfer: [w.buffer] });
      expect(sgd.averages.w).toEqual(f32(0, 0));
    });
  });

  // 1 + 1·(−1e-30 − 1) is 0: an average that started from a copy of the weights would lose what is small.
  test.each([
    { ema: { decay: 0.5 } },
    { ema: { decay: 0.9, warmup: true, debias: true } },
    { swa: {} },
    { swa: { start: 4, every: 2 } },
    { swa: { start: 4 }, clipNorm: 1 },
    { ema: {}, accumulate: 2 },
  ])('to read averages changes no bit of them: %o', (options) => {
    const run = (isRead: (t: number) => boolean) => {
      const params = [f32(1, -0, 1e-30, -3), f64(1, -1e-300), f32(5)];
      const optimizer = create(AdamW, params, { lr: 1, weightDecay: 1, ...options, backend: name });
      const grads = [f32(1, 0, -1, 1e-20), f64(1, 1), f32(1)];
      const firstGrads = [grads[0], grads[1], null];
      optimizer.bindGrads(firstGrads);
      for (let t = 0; t < 24; t++) {
        if (isRead(t)) optimizer.averages;
        if (t === 9) optimizer.step(grads);
        else optimizer.step();
      }
      return arraysOf(optimizer, params);
    };
    const unread = run(() => false);
    expectSame(
      run(() => true),
      unread,
      'read before every step',
    );
    for (let at = 0; at < 12; at++) {
      expectSame(
        run((t) => t === at),
        unread,
        `read after ${at} steps`,
      );
    }
  });

  describe('swapAverages', () => {
    test('there and back is exact, whichever parameters have an average', () => {
      const params = [f32(0.1, -0, 3), f64(1, Number.NaN), f32(-5)];
      const optimizer = create(AdamW, params, { lr: 0.1, swa: { start: 2 }, backend: name });
      const grads = [f32(1, 0, 2), f64(1, 1), f32(1)];
      for (const active of [[], [0], [0, 1], [0]]) {
        if (active.length > 0) optimizer.step(grads.map((grad, i) => (active.includes(i) ? grad : null)));
        const averages = copies(optimizer.averages);
        const weights = copies(params);
        optimizer.swapAverages();
        expectSame(params, averages);
        expectSame(optimizer.averages, weights);
        optimizer.swapAverages();
        expectSame(params, weights);
        expectSame(optimizer.averages, averages);
      }
    });

    test('before the first step changes nothing, and the first average is the first weights', () => {
      const w = f32(1, 1e-30);
      const sgd = new SGD({ w }, { lr: 1, ema: { decay: 0.5 }, backend: name });
      sgd.swapAverages();
      expect([w, sgd.averages.w]).toEqual([f32(1, 1e-30), f32(1, 1e-30)]);
      sgd.swapAverages();
      sgd.step({ w: f32(1, 0) });
      expect([w, sgd.averages.w]).toEqual([f32(0, 1e-30), f32(0, 1e-30)]);
    });
  });

  describe('withAverages', () => {
    const trained = () => {
      const w = f32(0);
      const sgd = new SGD({ w }, { lr: 1, swa: {}, backend: name });
      sgd.step({ w: f32(-2) });
      sgd.step({ w: f32(-2) });
      return { w, sgd };
    };

    test('runs with the averages, answers with the result and puts the weights back', () => {
      const { w, sgd } = trained();
      expect(sgd.withAverages(() => [...w, ...sgd.averages.w])).toEqual([3, 4]);
      expect([w, sgd.averages.w]).toEqual([f32(4), f32(3)]);
      sgd.step({ w: f32(-2) });
      expect([w, sgd.averages.w, sgd.steps]).toEqual([f32(6), f32(4), 3]);
    });

    test('puts the weights back when the function throws, swaps back itself, or disposes the optimizer', () => {
      const { w, sgd } = trained();
      const error = new Error('evaluation');
      const failing = () => {
        expect(w).toEqual(f32(3));
        throw error;
      };
      expect(() => sgd.withAverages(failing)).toThrow(error);
      expect(w).toEqual(f32(4));
      sgd.withAverages(() => sgd.swapAverages());
      expect(w).toEqual(f32(4));
      sgd.withAverages(() => sgd.dispose());
      expect(w).toEqual(f32(4));
      expectThrow(
        () => sgd.withAverages(() => 1),
        TypeError,
        'ERR_DISPOSED',
        'SGD was disposed and can no longer be used',
      );
    });

    test('waits for a promise', async () => {
      const { w, sgd } = trained();
      let finish: (value: string) => void = () => {};
      const running = sgd.withAverages(
        () =>
          new Promise<string>((resolve) => {
            finish = resolve;
          }),
      );
      expect(w).toEqual(f32(3));
      expect(() => sgd.step({ w: f32(1) })).toThrow('step must be called with the weights in place');
      finish('done');
      expect(await running).toBe('done');
      expect(w).toEqual(f32(4));

      const refused = sgd.withAverages(async () => {
        await Promise.resolve();
        throw new Error(`w was ${w[0]}`);
      });
      await expect(refused).rejects.toThrow('w was 3');
      expect(w).toEqual(f32(4));
    });

    test('at the wrong time, or without a function', () => {
      const { w, sgd } = trained();
      const inPlace = 'withAverages must be called with the weights in place: call swapAverages() first';
      const nested = () => sgd.withAverages(() => sgd.withAverages(() => 1));
      expectThrow(nested, TypeError, 'ERR_MODE', inPlace);
      expect(w).toEqual(f32(4));
      const noFunction = 'run must be a function, received a Float32Array';
      expectThrow(() => sgd.withAverages(w as never), TypeError, 'ERR_INVALID_OPTION', noFunction);
      const none = 'averages are kept by optimizers with the option ema or swa only';
      const plain = new SGD({ w }, { backend: name });
      expectThrow(() => plain.withAverages(() => 1), TypeError, 'ERR_MODE', none);
      const modal = new ScheduleFreeSGD({ w }, { ema: {}, backend: name });
      modal.eval();
      expect(() => modal.withAverages(() => 1)).toThrow('swapAverages must be called in train mode');
    });
  });

  test('steps counts the steps that updated a parameter', () => {
    const w = f32(1);
    const sgd = new SGD({ w }, { backend: name });
    expect(sgd.steps).toBe(0);
    sgd.step({ w: null });
    expect(sgd.steps).toBe(0);
    for (let t = 1; t <= 40; t++) {
      const { step } = t === 1 ? sgd.step({ w: f32(1) }) : sgd.step();
      expect([step, sgd.steps]).toEqual([t, t]);
    }
    sgd.dispose();
    expectThrow(() => sgd.steps, TypeError, 'ERR_DISPOSED', 'SGD was disposed and can no longer be used');
  });
});
