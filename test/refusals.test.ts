// Gradients that are refused: the same class, code and words on every backend, whichever way they come, in names of the user's
// own. What is trained stays as it was.

import { Adam, backend, type FloatArray, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);

function transferred(array: Float32Array): Float32Array {
  return structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
}

function detached(length: number): Float32Array {
  const array = new Float32Array(length);
  transferred(array);
  return array;
}

const good = () => ({ w: f32(1, -1, 2), 'a-b': new Float64Array(2), none: f32() });

function start(backendName: string, options: object) {
  const params = { w: f32(1, 2, 3), 'a-b': new Float64Array([4, 5]), none: f32() };
  const optimizer = new Adam(params as Readonly<Record<string, FloatArray>>, {
    backend: backendName as 'typescript',
    ema: { decay: 0.5 },
    ...options,
  });
  return { params, optimizer };
}

type Subject = ReturnType<typeof start>;
type Expected = readonly [Class: typeof TypeError | typeof RangeError, code: 'ERR_DTYPE', message: string];

const expected = (Class: Expected[0], code: string, message: string) => [Class, code, message] as Expected;

/** What is given in place of some of the good gradients. */
const refused: Readonly<Record<string, readonly [(subject: Subject) => object, Expected]>> = {
  'another type': [
    () => ({ 'a-b': f32(1, 2) }),
    expected(
      TypeError,
      'ERR_DTYPE',
      'grads["a-b"] must be a Float64Array like params["a-b"], or null, received a Float32Array',
    ),
  ],
  numbers: [
    () => ({ w: [1, 2, 3] }),
    expected(
      TypeError,
      'ERR_DTYPE',
      'grads.w must be a Float32Array like params.w, or null, received an array: pass Float32Array.from(grads.w)',
    ),
  ],
  'too long': [
    () => ({ w: f32(1, 2, 3, 4) }),
    expected(RangeError, 'ERR_LENGTH', 'grads.w has 4 elements, params.w has 3'),
  ],
  'too short': [
    () => ({ 'a-b': new Float64Array(1) }),
    expected(RangeError, 'ERR_LENGTH', 'grads["a-b"] has 1 elements, params["a-b"] has 2'),
  ],
  detached: [
    () => ({ w: detached(3) }),
    expected(TypeError, 'ERR_DETACHED', 'grads.w must have its memory, but its buffer was detached or transferred'),
  ],
  'detached without elements': [
    () => ({ none: detached(0) }),
    expected(TypeError, 'ERR_DETACHED', 'grads.none must have its memory, but its buffer was detached or transferred'),
  ],
  'its own parameter': [
    ({ params: { w } }) => ({ w }),
    expected(RangeError, 'ERR_OVERLAP', 'grads.w must have memory of its own, but shares some with params.w'),
  ],
  'a view of a parameter of another type': [
    ({ params }) => ({ w: new Float32Array(params['a-b'].buffer, 4, 3) }),
    expected(RangeError, 'ERR_OVERLAP', 'grads.w must have memory of its own, but shares some with params["a-b"]'),
  ],
  'state of another parameter': [
    ({ optimizer }) => ({ 'a-b': new Float64Array(optimizer.state.w.expAvg.buffer, 0, 1) }),
    expected(RangeError, 'ERR_LENGTH', 'grads["a-b"] has 1 elements, params["a-b"] has 2'),
  ],
  'its state': [
    ({ optimizer }) => ({ 'a-b': optimizer.state['a-b'].expAvgSq.subarray() }),
    expected(RangeError, 'ERR_OVERLAP', 'grads["a-b"] must have memory of its own, but shares some with params["a-b"]'),
  ],
  'its average': [
    ({ optimizer }) => ({ w: optimizer.averages.w }),
    expected(RangeError, 'ERR_OVERLAP', 'grads.w must have memory of its own, but shares some with params.w'),
  ],
  // Only addresses show that this is a parameter's memory. What every backend sees is that the parameter has lost it.
  'the memory of a parameter that was transferred': [
    ({ params }) => ({ w: transferred(params.w) }),
    expected(TypeError, 'ERR_DETACHED', 'params.w must have its memory, but its buffer was detached or transferred'),
  ],
  'several faults: the first gradient in the order of params': [
    ({ params }) => ({ w: params.w, 'a-b': f32(1), none: f32(1) }),
    expected(RangeError, 'ERR_OVERLAP', 'grads.w must have memory of its own, but shares some with params.w'),
  ],
};

interface Way {
  readonly options?: object;
  /** The steps that come before. */
  readonly prepare?: (subject: Subject) => void;
  readonly give: (subject: Subject, bad: object) => unknown;
}

const repeat =
  (times: number) =>
  ({ optimizer }: Subject) => {
    for (let t = 0; t < times; t++) optimizer.step(good());
  };
const step = ({ optimizer }: Subject, bad: object) => optimizer.step({ ...good(), ...bad });

const ways: Readonly<Record<string, Way>> = {
  'in the first step': { give: step },
  'in place of others': { prepare: repeat(3), give: step },
  'to bindGrads': { prepare: repeat(1), give: ({ optimizer }, bad) => optimizer.bindGrads({ ...good(), ...bad }) },
  'as the second of several': {
    prepare: repeat(1),
    give: ({ optimizer }, bad) => optimizer.step([good(), { ...good(), ...bad }]),
  },
  'where they are measured': { options: { clipNorm: 1, nonFinite: 'skip' }, prepare: repeat(2), give: step },
  'where they are set to zero': { options: { zeroGrad: true }, prepare: repeat(2), give: step },
  'where they are gathered': { options: { accumulate: 3 }, prepare: repeat(4), give: step },
  'where they close what was gathered': { options: { accumulate: 2 }, prepare: repeat(3), give: step },
};

const elements = (array: FloatArray) => Array.from({ length: array.length }, (_, i) => array[i]);

const snapshot = ({ params, optimizer }: Subject) => ({
  params: Object.values(params).map(elements),
  averages: Object.values(optimizer.averages).map(elements),
  state: structuredClone(optimizer.state),
});

describe.each(backend().available)('%s', (name) => {
  describe.each(Object.entries(ways))('%s', (_, { options = {}, prepare, give }) => {
    test.each(Object.entries(refused))('%s', (_, [bad, [Class, code, message]]) => {
      const subject = start(name, options);
      prepare?.(subject);
      const given = bad(subject);
      const was = snapshot(subject);
      expectThrow(() => give(subject, given), Class, code, message);
      expect(snapshot(subject)).toEqual(was);

      if (message.startsWith('params')) return; // can never step again
      const other = start(name, options);
      prepare?.(other);
      for (const each of [subject, other]) repeat(3)(each);
      expect(snapshot(subject)).toEqual(snapshot(other));
    });
  });

  test('no element, no overlap', () => {
    const w = f32(1, 2, 3);
    const optimizer = new SGD({ none: f32(), w }, { lr: 1, backend: name });
    for (let t = 0; t < 2; t++) optimizer.step({ none: w.subarray(1, 1), w: f32(1, 1, 1) });
    expect([...w]).toEqual([-1, 0, 1]);
  });
});

/** Of a global that the types of ES know nothing of. */
interface SharedMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Memory: new (options: object) => SharedMemory };
};

// Two SharedArrayBuffer objects over one memory: only addresses show it, which JavaScript never sees.
test.each(backend().available.filter((name) => name !== 'typescript'))('%s: what only addresses show', (name) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 10, shared: true });
  /** Each time another object over the same memory. */
  const view = (from: number) => {
    memory.grow(1);
    return new Float32Array(memory.buffer, 4 * from, 2);
  };
  const params = { first: f32(0), w: view(0), b: view(2) };
  const message = 'params.shared must have memory of its own, but shares some with params.w';
  const overlapping: Readonly<Record<string, Float32Array>> = { ...params, shared: view(1) };
  expectThrow(() => new SGD(overlapping, { backend: name }), RangeError, 'ERR_OVERLAP', message);
  const apart: Readonly<Record<string, Float32Array>> = params;
  const optimizer = new SGD(apart, { backend: name });
  expectThrow(() => optimizer.addGroup({ params: { shared: view(1) } }), RangeError, 'ERR_OVERLAP', message);
  expect(optimizer.groups).toHaveLength(1);

  const gradients = () => ({ first: f32(1), w: f32(1, 1), b: f32(1, 1) });
  const refusal = 'grads.b must have memory of its own, but shares some with params.w';
  const bad = () => ({ ...gradients(), b: view(0) });
  const expectRefused = (call: () => unknown) => expectThrow(call, RangeError, 'ERR_OVERLAP', refusal);
  expectRefused(() => optimizer.step(bad()));
  expectRefused(() => optimizer.step([gradients(), bad()]));
  expect([...params.w, ...params.b]).toEqual([0, 0, 0, 0]);
  for (let t = 0; t < 3; t++) optimizer.step(gradients());
  const before = [...params.w, ...params.b];
  expectRefused(() => optimizer.step(bad()));
  expectRefused(() => optimizer.bindGrads(bad()));
  expect([...params.w, ...params.b]).toEqual(before);
});
