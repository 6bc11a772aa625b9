// Arrays that were lost or resized since they were bound: every call that binds, moves or exchanges them refuses, with the same
// error on every backend, and changes nothing.

import { Adam, backend, type FloatArray, ScheduleFreeSGD, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

/** An array of four elements that follows the length of its buffer. */
function tracking(): { readonly array: Float32Array; readonly buffer: Resizable } {
  const buffer = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 256 }]) as Resizable;
  const array = new Float32Array(buffer);
  array.set([1, 2, 3, 4]);
  return { array, buffer };
}

function transfer(array: FloatArray): void {
  structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
}

const lost = (label: string) =>
  [TypeError, 'ERR_DETACHED', `${label} must have its memory, but its buffer was detached or transferred`] as const;

const resized = (count: number) =>
  [RangeError, 'ERR_LENGTH', `params.w has ${count} elements, it had 4 when it was bound`] as const;

/** An Adam that has stepped twice; the buffer of `params.w` can be resized. */
function start(backendName: string, options: object = {}) {
  const { array: w, buffer } = tracking();
  const b = f32(5, 6);
  const params: Readonly<Record<string, FloatArray>> = { w, b };
  const optimizer = new Adam(params, { backend: backendName as 'typescript', ema: { decay: 0.5 }, ...options });
  const grads = { w: f32(1, -1, 2, -2), b: f32(1, 2) };
  optimizer.step(grads);
  optimizer.step(grads);
  return { optimizer, w, b, buffer };
}

type Subject = ReturnType<typeof start>;

const changes: Readonly<
  Record<string, readonly [(subject: Subject) => void, ReturnType<typeof lost | typeof resized>]>
> = {
  'a parameter that was transferred': [({ w }) => transfer(w), lost('params.w')],
  'state that was transferred': [({ optimizer }) => transfer(optimizer.state.b.expAvgSq), lost('state.b.expAvgSq')],
  'an average that was transferred': [({ optimizer }) => transfer(optimizer.averages.b), lost('averages.b')],
  'a parameter that has shrunk': [({ buffer }) => buffer.resize(8), resized(2)],
  'a parameter that has grown': [({ buffer }) => buffer.resize(32), resized(8)],
};

const added = f32(7);
const calls: Readonly<Record<string, (subject: Subject) => unknown>> = {
  addGroup: ({ optimizer }) => optimizer.addGroup({ params: { added } }),
  swapAverages: ({ optimizer }) => optimizer.swapAverages(),
  bindGrads: ({ optimizer }) => optimizer.bindGrads({ w: f32(1, 1, 1, 1), b: f32(1, 1) }),
  'step with the gradients that are bound': ({ optimizer }) => optimizer.step(),
  'step with other gradients': ({ optimizer }) => optimizer.step({ w: f32(1, 1, 1, 1), b: f32(1, 1) }),
};

function snapshot({ optimizer, w, b }: Subject): unknown {
  const { state, averages, groups } = optimizer;
  const arrays = [w, b, averages.w, averages.b, ...[state.w, state.b].flatMap((s) => [s.expAvg, s.expAvgSq])];
  return {
    arrays: arrays.map((array) => Array.from({ length: array.length }, (_, i) => array[i])),
    steps: [state.w.step, state.b.step],
    groups: groups.length,
  };
}

describe.each(backend().available)('%s', (name) => {
  describe.each(Object.entries(changes))('%s', (_, [change, [Class, code, message]]) => {
    test.each(Object.entries(calls))('%s', (_, call) => {
      const subject = start(name);
      change(subject);
      const before = snapshot(subject);
      expectThrow(() => call(subject), Class, code, message);
      expect(snapshot(subject)).toEqual(before);
      if (code !== 'ERR_LENGTH') return;
      subject.buffer.resize(16);
      const good = { w: f32(1, 1, 1, 1), b: f32(1, 1) };
      expect(subject.optimizer.step(good)).toMatchObject({ stepped: true, step: 3, skipped: 0 });
    });
  });

  test('train and eval', () => {
    const trained = (isEval: boolean) => {
      const [w, b] = [f32(1, 2), f32(3)];
      const optimizer = new ScheduleFreeSGD({ w, b }, { backend: name });
      optimizer.step({ w: f32(1, 1), b: f32(1) });
      if (isEval) optimizer.eval();
      return { optimizer, w, b };
    };
    for (const isEval of [false, true]) {
      for (const which of ['params', 'state'] as const) {
        const { optimizer, w, b } = trained(isEval);
        const [message, array] = which === 'params' ? ['params.b', b] : ['state.b.z', optimizer.state.b.z];
        transfer(array);
        const before = [...w];
        expectThrow(() => (isEval ? optimizer.train() : optimizer.eval()), ...lost(message));
        expect([...w]).toEqual(before);
        expect(optimizer.mode).toBe(isEval ? 'eval' : 'train');
        if (!isEval) expectThrow(() => optimizer.addGroup({ params: { added } }), ...lost(message));
      }
    }
  });

  test('a group that is added where gradients are accumulated', () => {
    const subject = start(name, { accumulate: 2 });
    transfer(subject.w);
    expectThrow(() => subject.optimizer.addGroup({ params: { added } }), ...lost('params.w'));
    expect(subject.optimizer.groups).toHaveLength(1);
  });

  test('a getter of params that takes away what was read before, or disposes of the optimizer', () => {
    const first = f32(1, 2);
    const params = {
      first,
      get second() {
        return f32(3);
      },
    };
    const taking = {
      get third() {
        transfer(first);
        return f32(4);
      },
    };
    const groups = [{ params }, { params: taking }] as unknown as readonly { params: Record<string, Float32Array> }[];
    expectThrow(() => new SGD(groups, { backend: name }), ...lost('params.first'));

    const { optimizer } = start(name);
    const disposing = {
      get third() {
        optimizer.dispose();
        return f32(4);
      },
    };
    const message = 'Adam was disposed and can no longer be used';
    expectThrow(() => optimizer.addGroup({ params: disposing }), TypeError, 'ERR_DISPOSED', message);
  });

  test('an empty parameter that has grown', () => {
    const buffer = Reflect.construct(ArrayBuffer, [0, { maxByteLength: 64 }]) as Resizable;
    const empty = new Float32Array(buffer);
    const optimizer = new SGD({ empty }, { backend: name });
    optimizer.step({ empty: f32() });
    buffer.resize(8);
    const message = 'params.empty has 2 elements, it had 0 when it was bound';
    expectThrow(() => optimizer.step(), RangeError, 'ERR_LENGTH', message);
    expectThrow(() => optimizer.addGroup({ params: { added } }), RangeError, 'ERR_LENGTH', message);
  });
});

test('code that replaces what lists can do runs between no check and no move to another mode', () => {
  for (const name of backend().available) {
    const w = f32(1, 2);
    const optimizer = new ScheduleFreeSGD({ w }, { backend: name });
    optimizer.step({ w: f32(1, 1) });
    const { forEach } = Array.prototype;
    let calls = 0;
    Array.prototype.forEach = function (this: unknown[], ...args) {
      calls++;
      forEach.apply(this, args);
    };
    try {
      optimizer.eval();
    } finally {
      Array.prototype.forEach = forEach;
    }
    expect(calls).toBe(0);
  }
});
