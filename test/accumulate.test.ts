// Gradients that several calls gather for one step: what a refused call leaves of them, and how an epoch ends.

import { Adam, AdamW, backend, Lion, ScheduleFreeAdamW, ScheduleFreeSGD, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import {
  type AnyClass,
  type AnyOptimizer,
  arraysOf,
  copy,
  create,
  expectSame,
  expectThrow,
  numbersOf,
} from './pipeline.js';

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

describe.each(backend().available)('%s: flush', (name) => {
  const lengths = [3, 5000, 0];
  const arrays = (of: (i: number, k: number) => number) =>
    lengths.map((length, k) => Float32Array.from({ length }, (_, i) => Math.fround(of(i, k))));
  const params = () => arrays((i, k) => Math.sin(i + k));
  const gradsOf = (call: number) => arrays((i, k) => Math.cos(1.7 * i + k + 3 * call));
  const start = (Class: AnyClass, options: object) => {
    const given = params();
    const optimizer = create(Class, given, { backend: name, ...options });
    return { optimizer, params: given, arrays: () => arraysOf(optimizer, given) };
  };

  const settings: readonly (readonly [AnyClass, object])[] = [
    [SGD, { lr: 0.1, momentum: 0.9 }],
    [SGD, { lr: 0.1, accumulateMode: 'sum' }],
    [AdamW, { gradScale: 1 / 3, clipNorm: 0.5, ema: { decay: 0.9 } }],
    [Lion, { clipValue: 0.01, clipTensorNorm: 0.2, accumulateMode: 'sum', nonFinite: 'skip' }],
    [ScheduleFreeAdamW, { warmupSteps: 3, gradScale: 2, swa: { start: 2 } }],
  ];

  test.each(settings)('%o %o: is the step of as many calls, to the bit', (Class, options) => {
    for (const gathered of [1, 2, 3]) {
      // Where `gathered` calls make a step, the last of them steps.
      const [left, right] = [4, gathered].map((accumulate) => start(Class, { ...options, accumulate }));
      for (let epoch = 0; epoch < 3; epoch++) {
        let expected = {};
        for (let call = 0; call < gathered; call++) {
          const grads = gradsOf(10 * epoch + call);
          expect(left.optimizer.step(grads)).toMatchObject({ stepped: false, pending: call + 1 });
          expected = { ...right.optimizer.step(grads) };
        }
        expect(left.optimizer.flush()).toEqual(expected);
        expect(expected).toMatchObject({ stepped: true, step: epoch + 1, pending: 0 });
        expectSame(left.arrays(), right.arrays());
      }
    }
  });

  test('several gradients in each call, null ones, and a gradScale for this step alone', () => {
    const [left, right] = [3, 2].map((accumulate) => start(SGD, { lr: 1, accumulate, gradScale: 5 }));
    const withNulls = (call: number) => gradsOf(call).map((grad, k) => (k === call ? null : grad));
    const calls = [[gradsOf(0), gradsOf(1)].map((grads) => [null, ...grads.slice(1)]), [withNulls(0), withNulls(0)]];
    for (const { optimizer } of [left, right]) optimizer.step(calls[0]);
    left.optimizer.step(calls[1]);
    const expected = { ...right.optimizer.step(calls[1], { gradScale: 0.25 }) };
    expect(left.optimizer.flush({ gradScale: 0.25 })).toEqual(expected);
    expect(expected).toMatchObject({ stepped: true, skipped: 1 });
    expectSame(left.params, right.params);
  });

  test('the gradScale that the last call was given counts, as if it had been the n-th', () => {
    const run = (scales: readonly (number | undefined)[], change?: number) => {
      const w = f32(0);
      const optimizer = create(SGD, [w], { lr: 1, accumulate: 10, gradScale: 0.5, backend: name });
      for (const gradScale of scales) optimizer.step([f32(8)], gradScale === undefined ? {} : { gradScale });
      expect(() => optimizer.step([f32(1, 2)], { gradScale: 64 })).toThrow('grads[0] has 2 elements');
      if (change !== undefined) optimizer.pipeline.gradScale = change;
      optimizer.flush();
      return w[0];
    };
    expect([run([undefined, 2]), run([undefined, 2], 4), run([2, undefined]), run([2, undefined], 4)]).toEqual([
      -16, -16, -4, -32,
    ]);
  });

  test('the mean is over the calls that there were, the sum is not divided', () => {
    for (const [accumulateMode, expected] of [
      ['mean', -2],
      ['sum', -6],
    ] as const) {
      const w = f32(0);
      const optimizer = create(SGD, [w], { lr: 1, accumulate: 10, accumulateMode, backend: name });
      for (const grad of [1, 2, 3]) optimizer.step([f32(grad)]);
      optimizer.flush();
      expect(w).toEqual(f32(expected));
      // The next window starts with nothing.
      for (let call = 0; call < 9; call++) expect(optimizer.step([f32(1)]).pending).toBe(call + 1);
      expect(optimizer.step([f32(1)])).toMatchObject({ stepped: true, pending: 0 });
      expect(w).toEqual(f32(expected - (accumulateMode === 'mean' ? 1 : 10)));
    }
  });

  test('with nothing gathered does nothing and says so, after a step of any kind', () => {
    for (const options of [{}, { accumulate: 3 }, { clipNorm: 1, nonFinite: 'skip' }, { zeroGrad: true }]) {
      const { optimizer, arrays } = start(AdamW, options);
      const nothing = {
        stepped: false,
        skippedInARow: 0,
        skipped: 0,
        gradNorm: null,
        clipCoefficient: 1,
        nonFinite: null,
        pending: 0,
      };
      expect(optimizer.flush()).toEqual({ ...nothing, step: 0 });
      const grads = gradsOf(1);
      optimizer.step(grads);
      for (let call = 0; call < 8; call++) optimizer.step();
      expect(optimizer.drop()).toBe(0);
      const [before, numbers, kept] = [arrays().map(copy), numbersOf(optimizer), grads.map(copy)];
      const { step } = optimizer.flush();
      expect(optimizer.flush()).toEqual({ ...nothing, step });
      expectSame([...arrays(), ...grads], [...before, ...kept]);
      expect(numbersOf(optimizer)).toEqual(numbers);
      // It goes on as before.
      for (let call = 0; call < 3; call++) optimizer.step();
      expect(optimizer.step().pending).toBe('accumulate' in options ? 1 : 0);
      expect(optimizer.state[0].step).toBe(step + ('accumulate' in options ? 1 : 4));
    }
  });

  test('leaves the bound gradients as they are, and bound', () => {
    const [w, grad] = [f32(0), f32(1)];
    const optimizer = create(SGD, [w], { lr: 1, accumulate: 3, zeroGrad: true, backend: name });
    optimizer.bindGrads([grad]);
    optimizer.step();
    expect(grad).toEqual(f32(0));
    grad[0] = 7; // of the batch that comes
    optimizer.flush();
    expect([w, grad]).toEqual([f32(-1), f32(7)]);
    optimizer.step();
    optimizer.flush();
    expect([w, grad]).toEqual([f32(-8), f32(0)]);
  });

  test('of gradients that are not finite is skipped or refused, and gives them up', () => {
    const { optimizer, arrays } = start(AdamW, { accumulate: 4, nonFinite: 'skip', ema: {} });
    const before = arrays().map(copy);
    const bad = gradsOf(1);
    bad[1][4321] = NaN;
    for (const nonFinite of ['skip', 'throw'] as const) {
      optimizer.pipeline.nonFinite = nonFinite;
      optimizer.step(gradsOf(0));
      const report = optimizer.step(bad);
      expect(report.pending).toBe(2);
      if (nonFinite === 'skip') {
        expect(optimizer.flush()).toMatchObject({ stepped: false, nonFinite: { param: 1, index: 4321 } });
      } else {
        const message = 'grads[1] must be finite, but its element 4321 becomes NaN';
        expectThrow(() => optimizer.flush(), RangeError, 'ERR_NON_FINITE', message);
      }
      expect(report.pending).toBe(0);
      expect(optimizer.drop()).toBe(0);
      expectSame(arrays(), before);
    }
  });

  test('that is refused keeps what was gathered', () => {
    const [left, right] = [start(Adam, { accumulate: 3 }), start(Adam, { accumulate: 3 })];
    for (const { optimizer } of [left, right]) optimizer.step(gradsOf(0));
    let answer = NaN;
    left.optimizer.groups[0].lr = () => answer;
    const message = 'lr of step 0 must be a finite number >= 0, received NaN';
    expectThrow(() => left.optimizer.flush(), RangeError, 'ERR_INVALID_OPTION', message);
    expectThrow(
      () => left.optimizer.flush({ gradScale: 0 }),
      RangeError,
      'ERR_INVALID_OPTION',
      'gradScale must be a finite number > 0, received 0',
    );
    answer = 0.001;
    for (const { optimizer } of [left, right]) expect(optimizer.step(gradsOf(1)).pending).toBe(2);
    for (const { optimizer } of [left, right]) expect(optimizer.flush().stepped).toBe(true);
    expectSame(left.arrays(), right.arrays());
  });

  test('needs the arrays that it writes', () => {
    const w = f32(1);
    const optimizer = create(SGD, [w], { accumulate: 3, backend: name });
    optimizer.step([f32(1)]);
    detach(w);
    expectThrow(() => optimizer.flush(), TypeError, 'ERR_DETACHED', wasDetached('params[0]'));
    expect(optimizer.drop()).toBe(1);
  });
});

describe.each(backend().available)('%s: drop', (name) => {
  test('gives up what was gathered, and says how many calls that were', () => {
    const w = f32(0);
    const optimizer = create(SGD, [w], { lr: 1, accumulate: 4, backend: name });
    for (let gathered = 0; gathered < 4; gathered++) {
      let report = optimizer.flush();
      for (let call = 0; call < gathered; call++) report = optimizer.step([f32(100)]);
      expect(report.pending).toBe(gathered);
      expect(optimizer.drop()).toBe(gathered);
      expect(report.pending).toBe(0);
      expect(optimizer.drop()).toBe(0);
    }
    expect(optimizer.state[0].step).toBe(0);
    optimizer.step([[f32(1)], [f32(3)]]); // another number of gradients than in the calls before
    optimizer.flush();
    expect(w).toEqual(f32(-2));
  });
});

describe.each(['flush', 'drop'] as const)('%s must not be called', (method) => {
  const grads = { w: f32(1, 1) };
  const start = (Class: AnyClass, options: object = {}) => {
    const w = f32(1, 2);
    const optimizer = create(Class, { w }, { accumulate: 3, ...options });
    const report = optimizer.step(grads);
    const check = () => expect([w, report.pending, optimizer.drop()]).toEqual([f32(1, 2), 1, 1]);
    return { optimizer, report, check };
  };
  const refuse = (optimizer: AnyOptimizer, message: string) =>
    expectThrow(() => optimizer[method](), TypeError, 'ERR_MODE', `${method} ${message}`);
  const duringRead = 'must not be called by params, grads or schedules while the optimizer reads them';

  test('by a schedule', () => {
    const { optimizer, report } = start(Adam);
    let pendingInside = NaN;
    optimizer.groups[0].lr = () => {
      refuse(optimizer, duringRead);
      pendingInside = report.pending;
      return 0.1;
    };
    expect(optimizer.groups[0].lr).toBe(0.1);
    optimizer.step(grads);
    expect(pendingInside).toBe(1); // the call that reads the schedule has gathered nothing yet
    optimizer.groups[0].lr = () => optimizer.flush().step;
    expect(() => optimizer.flush()).toThrow(duringRead);
    expect(report.pending).toBe(2);
    optimizer.groups[0].lr = 0.1;
    expect(optimizer.flush()).toMatchObject({ stepped: true, pending: 0 });
  });

  test('by a getter of grads', () => {
    const { optimizer, check } = start(Adam);
    const calling = {
      get w() {
        refuse(optimizer, duringRead);
        return f32(1, NaN);
      },
    };
    optimizer.bindGrads(calling);
    check();
  });

  test('by a getter of params', () => {
    const { optimizer } = start(Adam);
    optimizer.drop();
    const params = {
      get v() {
        refuse(optimizer, duringRead);
        return f32(1);
      },
    };
    optimizer.addGroup({ params });
    expect(optimizer.step({ w: f32(1, 1), v: f32(1) }).pending).toBe(1);
  });

  test('while averages are swapped: what was gathered waits', () => {
    for (const swapped of [start(Adam, { ema: {} }), start(Adam, { swa: {} })]) {
      swapped.optimizer.swapAverages();
      refuse(swapped.optimizer, 'must be called with the weights in place: call swapAverages() first');
      expect(swapped.report.pending).toBe(1);
      swapped.optimizer.swapAverages();
      swapped.check();
    }
  });

  test('in eval mode: what was gathered waits', () => {
    const { optimizer, check } = start(ScheduleFreeSGD);
    optimizer.eval?.();
    refuse(optimizer, 'must be called in train mode: call train() first');
    optimizer.train?.();
    check();
  });

  test('once the optimizer was disposed', () => {
    const { optimizer } = start(Adam);
    optimizer.dispose();
    const message = 'Adam was disposed and can no longer be used';
    expectThrow(() => optimizer[method](), TypeError, 'ERR_DISPOSED', message);
  });

  test('with a report that was made read-only, which no step looks at', () => {
    const { optimizer, report } = start(Adam);
    Object.freeze(report);
    optimizer[method]();
    expect(report.pending).toBe(0);
    optimizer.step(grads);
    expect(report.pending).toBe(1);
  });
});
