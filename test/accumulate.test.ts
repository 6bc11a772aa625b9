// Gradients that several calls gather for one step: what a refused call leaves of them, and how an epoch ends.

import { Adam, backend, ScheduleFreeSGD, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyClass, arraysOf, copy, create, expectSame, expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);
const detach = (array: Float32Array) => void structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
const wasDetached = (label: string) => `${label} must have its memory, but its buffer was detached or transferred`;

describe.each(backend().available)('%s: a call that is refused adds nothing to what was gathered', (name) => {
  // Without gradients of its own a call checks nothing before it gathers: the checks of bound arrays are the only ones.
  test.each([
    ['the second of two bound gradients', [2, 3]],
    ['the second of two bound gradients, which has no elements,', [2, 0]],
    ['the first of two bound gradients, which has no elements,', [0, 2]],
  ])('%s was detached', (_, lengths) => {
    const params = lengths.map((length) => new Float32Array(length));
    const optimizer = create(SGD, params, { lr: 1, accumulate: 2, accumulateMode: 'sum', backend: name });
    const at = lengths.indexOf(0) < 0 ? 1 : lengths.indexOf(0);
    const good = () => lengths.map((length) => new Float32Array(length).fill(1));
    const bad = good();
    optimizer.bindGrads(bad);
    detach(bad[at]);
    expectThrow(() => optimizer.step(), TypeError, 'ERR_DETACHED', wasDetached(`grads[${at}]`));
    expect(optimizer.step(good()).stepped).toBe(false);
    expect(optimizer.step(good()).stepped).toBe(true);
    expectSame(
      params,
      lengths.map((length) => new Float32Array(length).fill(-2)),
    );
  });

  test('a gradient of the second of two sources was detached', () => {
    const w = f32(0, 0);
    const optimizer = create(SGD, [w, f32()], { lr: 1, accumulate: 2, accumulateMode: 'sum', backend: name });
    const bad = [f32(1, 1), f32()];
    optimizer.bindGrads([[f32(1, 1), f32()], bad]);
    detach(bad[1]);
    expectThrow(() => optimizer.step(), TypeError, 'ERR_DETACHED', wasDetached('grads[1]'));
    for (let call = 0; call < 2; call++) optimizer.step([f32(1, 1), f32()]);
    expect(w).toEqual(f32(-2, -2));
  });

  // A call that only gathers writes none of these arrays. It is refused all the same, since the step could not be done.
  test.each(['params', 'state', 'averages'] as const)('%s were detached', (which) => {
    const w = f32(1, 2);
    const optimizer = create(Adam, [w], { accumulate: 2, ema: {}, backend: name });
    const arrays = { params: w, state: optimizer.state[0].expAvg as Float32Array, averages: optimizer.averages[0] };
    optimizer.step([f32(1, 1)]);
    optimizer.step([f32(1, 1)]);
    detach(arrays[which] as Float32Array);
    const label = { params: 'params[0]', state: 'state[0].expAvg', averages: 'averages[0]' }[which];
    expectThrow(() => optimizer.step([f32(1, 1)]), TypeError, 'ERR_DETACHED', wasDetached(label));
  });
});

describe.each(backend().available)('%s: an array without elements that was detached is refused', (name) => {
  const kinds: readonly (readonly [AnyClass, object])[] = [
    [SGD, {}],
    [SGD, { clipNorm: 1 }],
    [SGD, { clipValue: 1 }],
    [SGD, { zeroGrad: true, clipNorm: 1 }],
    [Adam, { ema: {} }],
  ];

  test.each(kinds)('as a gradient of %o %o', (Class, options) => {
    const params = [f32(1, 2), f32()];
    const optimizer = create(Class, params, { ...options, backend: name });
    const empty = f32();
    optimizer.bindGrads([f32(1, 1), empty]);
    for (let step = 0; step < 3; step++) expect(optimizer.step().stepped).toBe(true);
    const before = arraysOf(optimizer, params).map(copy);
    detach(empty);
    expectThrow(() => optimizer.step(), TypeError, 'ERR_DETACHED', wasDetached('grads[1]'));
    expectSame(arraysOf(optimizer, params), before);
  });

  test('as a parameter: steps and averages change nothing then, and no mode is left half', () => {
    const empty = f32();
    const params = [f32(1, 2), empty, f32(3)];
    const optimizer = create(ScheduleFreeSGD, params, { ema: {}, backend: name });
    const grads = [f32(1, 1), f32(), f32(1)];
    for (let step = 0; step < 3; step++) optimizer.step(grads);
    const before = arraysOf(optimizer, params).map(copy);
    detach(empty);
    for (const use of [
      () => optimizer.step(grads),
      () => optimizer.step(),
      () => optimizer.swapAverages(),
      () => optimizer.eval?.(),
    ]) {
      expectThrow(use, TypeError, 'ERR_DETACHED', wasDetached('params[1]'));
      expectSame(arraysOf(optimizer, params), before);
    }
  });
});
