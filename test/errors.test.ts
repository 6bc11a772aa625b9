// Bad input: the same class, code and message from native and TypeScript, and nothing changed.

import { backend, type FloatArray } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyOptimizer, type OptimizerCase, optimizers, stateNames } from './optimizers.js';

type ErrorClass = typeof TypeError | typeof RangeError;
type Expected = readonly [ErrorClass, code: string, message: string | RegExp];

function expectThrow(action: () => unknown, [Class, code, message]: Expected): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Class);
  expect((thrown as Error).message)[typeof message === 'string' ? 'toBe' : 'toMatch'](message as string & RegExp);
  expect(thrown).toHaveProperty('code', code);
}

function detached(length = 3): Float32Array {
  const array = new Float32Array(length);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

const f32 = (...values: number[]) => new Float32Array(values);
const notParams = 'params must be an array or a record of Float32Array or Float64Array, received';
const notFloats = 'must be a Float32Array or a Float64Array, received';
const asBytes = (label: string) =>
  `pass new Float32Array(${label}.buffer, ${label}.byteOffset, ${label}.byteLength / 4) if its bytes are floats`;
const noGroup = 'a group must have params, as in { params: … }';
const shared = f32(1, 2, 3, 4, 5, 6);
/** As in TensorFlow.js: its methods are those of its class. */
class Tensor {
  readonly shape = [2];
  dataSync() {
    return f32(1, 2);
  }
  data() {
    return Promise.resolve(f32(1, 2));
  }
}
/** As in ONNX Runtime: its array is behind a getter. */
class OrtTensor {
  readonly dims = [2];
  get data() {
    return f32(1, 2);
  }
}

const badParams: readonly (readonly [name: string, params: unknown, expected: Expected])[] = [
  ['undefined', undefined, [TypeError, 'ERR_INVALID_PARAMS', `${notParams} undefined`]],
  ['null', null, [TypeError, 'ERR_INVALID_PARAMS', `${notParams} null`]],
  ['a number', 3, [TypeError, 'ERR_INVALID_PARAMS', `${notParams} 3`]],
  ['a string', 'w', [TypeError, 'ERR_INVALID_PARAMS', `${notParams} 'w'`]],
  ['a function', () => {}, [TypeError, 'ERR_INVALID_PARAMS', `${notParams} a function`]],
  ['an array by itself', f32(1), [TypeError, 'ERR_INVALID_PARAMS', `${notParams} a Float32Array`]],
  ['no array at all', [], [TypeError, 'ERR_INVALID_PARAMS', 'params must hold at least one array, received none']],
  ['an empty record', {}, [TypeError, 'ERR_INVALID_PARAMS', 'params must hold at least one array, received none']],
  [
    'a plain array',
    [[1, 2]],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an array: pass Float32Array.from(params[0])`],
  ],
  [
    'plain arrays of arrays',
    { w: [[1], [2]] },
    [TypeError, 'ERR_DTYPE', `params.w ${notFloats} an array: pass Float32Array.from(params.w.flat(Infinity))`],
  ],
  [
    'numbers',
    [0.5, 1],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} 0.5: pass [Float32Array.from(params)] for a single array`],
  ],
  [
    'a Map',
    new Map([['w', f32(1)]]),
    [TypeError, 'ERR_INVALID_PARAMS', `${notParams} a Map: pass Object.fromEntries(params)`],
  ],
  ['a Set', new Set([f32(1)]), [TypeError, 'ERR_INVALID_PARAMS', `${notParams} a Set: pass [...params]`]],
  [
    'a tensor with dataSync',
    { w: new Tensor() },
    [TypeError, 'ERR_DTYPE', `params.w ${notFloats} an object: pass its data, params.w.dataSync()`],
  ],
  [
    'a tensor with data',
    { w: new OrtTensor() },
    [TypeError, 'ERR_DTYPE', `params.w ${notFloats} an object: pass its data, params.w.data`],
  ],
  [
    'data and dims',
    [{ data: f32(1), dims: [1] }],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object: pass its data, params[0].data`],
  ],
  [
    'a tensor by itself',
    new OrtTensor(),
    [TypeError, 'ERR_INVALID_PARAMS', `${notParams} an object: pass its data, { w: params.data }`],
  ],
  [
    'a tensor whose getters throw',
    {
      w: {
        get data() {
          throw new Error('disposed');
        },
      },
    },
    [TypeError, 'ERR_DTYPE', `params.w ${notFloats} an object`],
  ],
  [
    'nested records',
    { layer1: { w: f32(1), b: f32(1) } },
    [
      TypeError,
      'ERR_DTYPE',
      `params.layer1 ${notFloats} an object: give its arrays names of their own in params, as in params["layer1.w"]`,
    ],
  ],
  [
    'nested records of odd names',
    { 'layer-1': { w: f32(1) } },
    [
      TypeError,
      'ERR_DTYPE',
      `params["layer-1"] ${notFloats} an object: give its arrays names of their own in params, as in params["layer-1.w"]`,
    ],
  ],
  [
    'a Map in a record',
    { layer1: new Map() },
    [TypeError, 'ERR_DTYPE', `params.layer1 ${notFloats} a Map: give its arrays names of their own in params`],
  ],
  ['a group without params', [{ lr: 0.1 }], [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object: ${noGroup}`]],
  [
    'a record in a list',
    [{ w: f32(1) }],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object: for a group pass { params: params[0] }`],
  ],
  [
    'a group without params among others',
    [{ params: { w: f32(1) } }, { lr: 0.1 }],
    [TypeError, 'ERR_INVALID_PARAMS', 'params[1] must be a group with params, as params[0] is, received an object'],
  ],
  [
    'an array among groups',
    [f32(1), { params: [f32(1)] }],
    [
      TypeError,
      'ERR_INVALID_PARAMS',
      'params[0] must be a group with params, as params[1] is, received a Float32Array',
    ],
  ],
  [
    'a group without a list',
    { params: { w: f32(1) } },
    [TypeError, 'ERR_DTYPE', `params.params ${notFloats} an object: pass groups in a list, [{ params: … }]`],
  ],
  [
    'an empty group among others',
    [{ params: { w: f32(1) } }, { params: {} }],
    [
      TypeError,
      'ERR_INVALID_PARAMS',
      'groups[1].params must hold at least one array, received none: leave the group out',
    ],
  ],
  [
    'a Map in a group',
    [{ params: { w: f32(1) } }, { params: new Map() }],
    [
      TypeError,
      'ERR_INVALID_PARAMS',
      'groups[1].params must be an array or a record of Float32Array or Float64Array, received a Map: pass Object.fromEntries(groups[1].params)',
    ],
  ],
  ['a hole', new Array(2), [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} undefined`]],
  [
    'an Int32Array',
    { w: new Int32Array(2) },
    [TypeError, 'ERR_DTYPE', `params.w ${notFloats} a Int32Array: pass Float32Array.from(params.w)`],
  ],
  [
    'a Buffer',
    { w: Buffer.alloc(8) },
    [TypeError, 'ERR_DTYPE', `params.w ${notFloats} a Uint8Array: ${asBytes('params.w')}`],
  ],
  [
    'a BigInt64Array',
    [new BigInt64Array(2)],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} a BigInt64Array: pass Float32Array.from(params[0], Number)`],
  ],
  [
    'a DataView',
    [new DataView(new ArrayBuffer(8))],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} a DataView: ${asBytes('params[0]')}`],
  ],
  [
    'an ArrayBuffer',
    [new ArrayBuffer(8)],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object: pass new Float32Array(params[0])`],
  ],
  ['a Proxy', [new Proxy(f32(1), {})], [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object`]],
  [
    'an object with a length',
    [{ length: 2, 0: 1, 1: 2 }],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object: pass Float32Array.from(params[0])`],
  ],
  [
    'an object in the shape of an array',
    [Object.create(Float32Array.prototype)],
    [TypeError, 'ERR_DTYPE', `params[0] ${notFloats} an object`],
  ],
  ['an odd name', { 'a-b': 1 }, [TypeError, 'ERR_DTYPE', `params["a-b"] ${notFloats} 1`]],
  [
    'a detached array',
    { w: detached() },
    [TypeError, 'ERR_DETACHED', 'params.w must have its memory, but its buffer was detached or transferred'],
  ],
  [
    'the same array twice',
    { a: shared, b: shared },
    [RangeError, 'ERR_OVERLAP', 'params.b must have memory of its own, but shares some with params.a'],
  ],
  [
    'overlapping views',
    [shared.subarray(2, 5), f32(9), shared.subarray(0, 3)],
    [RangeError, 'ERR_OVERLAP', 'params[0] must have memory of its own, but shares some with params[2]'],
  ],
  [
    'one inside another',
    { all: shared, part: shared.subarray(2, 3) },
    [RangeError, 'ERR_OVERLAP', 'params.part must have memory of its own, but shares some with params.all'],
  ],
];

/** Of JavaScript that has them: Node 24 and later. */
const { Float16Array } = globalThis as { readonly Float16Array?: new (length: number) => object };
const badHalves: typeof badParams =
  Float16Array === undefined
    ? []
    : [
        [
          'a Float16Array',
          { w: new Float16Array(2) },
          [TypeError, 'ERR_DTYPE', `params.w ${notFloats} a Float16Array: pass Float32Array.from(params.w)`],
        ],
      ];

/** Each is given to a step over { w: 3 elements, b: 2 elements } whose params and state must then be as they were. */
const badGrads: readonly (readonly [name: string, grads: (w: Float32Array) => unknown, expected: Expected])[] = [
  ['null', () => null, [TypeError, 'ERR_INVALID_GRADS', 'grads must be a record like params, received null']],
  ['a number', () => 1, [TypeError, 'ERR_INVALID_GRADS', 'grads must be a record like params, received 1']],
  [
    'a list',
    () => [f32(1, 2, 3), f32(1, 2)],
    [TypeError, 'ERR_INVALID_GRADS', 'grads must be a record like params, received an array'],
  ],
  [
    'an array by itself',
    () => f32(1, 2, 3),
    [TypeError, 'ERR_INVALID_GRADS', 'grads must be a record like params, received a Float32Array'],
  ],
  [
    'a Map',
    (w) => new Map([['w', w]]),
    [
      TypeError,
      'ERR_INVALID_GRADS',
      'grads must be a record like params, received a Map: pass Object.fromEntries(grads)',
    ],
  ],
  [
    'a Map with a property',
    () => Object.assign(new Map(), { c: 1 }),
    [
      TypeError,
      'ERR_INVALID_GRADS',
      'grads must be a record like params, received a Map: pass Object.fromEntries(grads)',
    ],
  ],
  [
    'a tensor',
    () => ({ w: new Tensor(), b: null }),
    [
      TypeError,
      'ERR_DTYPE',
      'grads.w must be a Float32Array like params.w, or null, received an object: pass its data, grads.w.dataSync()',
    ],
  ],
  [
    'a tensor with data',
    () => ({ w: new OrtTensor(), b: null }),
    [
      TypeError,
      'ERR_DTYPE',
      'grads.w must be a Float32Array like params.w, or null, received an object: pass its data, grads.w.data',
    ],
  ],
  [
    'nested records',
    () => ({ w: { x: f32(1) }, b: null }),
    [
      TypeError,
      'ERR_DTYPE',
      'grads.w must be a Float32Array like params.w, or null, received an object: give its arrays names of their own in grads, as in grads["w.x"]',
    ],
  ],
  [
    'a Buffer',
    () => ({ w: Buffer.alloc(12), b: null }),
    [
      TypeError,
      'ERR_DTYPE',
      `grads.w must be a Float32Array like params.w, or null, received a Uint8Array: ${asBytes('grads.w')}`,
    ],
  ],
  [
    'groups',
    () => [{ params: { w: f32(1, 2, 3) } }],
    [
      TypeError,
      'ERR_INVALID_GRADS',
      "grads has an entry 'params', params has none of that name: the gradients of all groups come in one record",
    ],
  ],
  [
    'one missing',
    () => ({ w: f32(1, 2, 3) }),
    [TypeError, 'ERR_INVALID_GRADS', 'grads.b must be a Float32Array like params.b, or null, received undefined'],
  ],
  [
    'one too many',
    () => ({ w: f32(1, 2, 3), b: f32(1, 2), c: f32(1) }),
    [TypeError, 'ERR_INVALID_GRADS', "grads has an entry 'c', params has none of that name"],
  ],
  [
    'another type',
    () => ({ w: f32(1, 2, 3), b: new Float64Array(2) }),
    [TypeError, 'ERR_DTYPE', 'grads.b must be a Float32Array like params.b, or null, received a Float64Array'],
  ],
  [
    'a plain array',
    () => ({ w: [1, 2, 3], b: f32(1, 2) }),
    [
      TypeError,
      'ERR_DTYPE',
      'grads.w must be a Float32Array like params.w, or null, received an array: pass Float32Array.from(grads.w)',
    ],
  ],
  [
    'a Proxy',
    () => ({ w: new Proxy(f32(1, 2, 3), {}), b: f32(1, 2) }),
    [TypeError, 'ERR_DTYPE', 'grads.w must be a Float32Array like params.w, or null, received an object'],
  ],
  [
    'too long',
    () => ({ w: f32(1, 2, 3), b: f32(1, 2, 3) }),
    [RangeError, 'ERR_LENGTH', 'grads.b has 3 elements, params.b has 2'],
  ],
  ['empty', () => ({ w: f32(), b: f32(1, 2) }), [RangeError, 'ERR_LENGTH', 'grads.w has 0 elements, params.w has 3']],
  [
    'detached',
    () => ({ w: f32(1, 2, 3), b: detached(2) }),
    [TypeError, 'ERR_DETACHED', 'grads.b must have its memory, but its buffer was detached or transferred'],
  ],
  [
    'the param itself',
    (w) => ({ w, b: f32(1, 2) }),
    [RangeError, 'ERR_OVERLAP', 'grads.w must have memory of its own, but shares some with params.w'],
  ],
];

interface Started {
  readonly optimizer: Omit<AnyOptimizer, 'state'> & {
    readonly state: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    step(grads?: unknown): unknown;
    bindGrads(grads: unknown): unknown;
  };
  readonly w: Float32Array;
  readonly snapshot: () => unknown;
}

/** An optimizer that has made one good step. */
function started(subject: OptimizerCase, backendName: string): Started {
  const w = f32(1, 2, 3);
  const b = f32(4, 5);
  const optimizer = subject.create({ w, b }, { backend: backendName }) as unknown as Started['optimizer'];
  optimizer.step({ w: f32(0.1, 0.2, 0.3), b: f32(0.4, 0.5) });
  return { optimizer, w, snapshot: () => structuredClone([w, b, optimizer.state, { ...optimizer.groups[0] }]) };
}

describe.each(backend().available)('%s', (name) => {
  describe.each(optimizers)('$name', (subject) => {
    test('invalid options', () => {
      for (const [options, Class, message] of subject.invalid) {
        const w = f32(1, 2);
        expectThrow(() => subject.create([w], { backend: name, ...options }), [Class, 'ERR_INVALID_OPTION', message]);
        expect([...w]).toEqual([1, 2]);
      }
    });

    test('options that are no object', () => {
      for (const [options, received] of [
        [null, 'null'],
        [5, '5'],
        ['lr', "'lr'"],
        [[], 'an array'],
      ]) {
        const message = `options must be an object, received ${received}`;
        expectThrow(() => subject.create([f32(1)], options), [TypeError, 'ERR_INVALID_OPTION', message]);
      }
    });

    test('setting an invalid option leaves the group as it was', () => {
      const group = subject.create([f32(1)], { backend: name }).groups[0] as { lr: unknown };
      const before = { ...group };
      const range = subject.name === 'FTRL' ? '> 0' : '>= 0';
      expectThrow(
        () => (group.lr = -1),
        [RangeError, 'ERR_INVALID_OPTION', `lr must be a finite number ${range}, received -1`],
      );
      expect({ ...group }).toEqual(before);
      expect(() => Object.assign(group, { learningRate: 1 })).toThrow(TypeError);
    });

    test.each([...badParams, ...badHalves])('params: %s', (_, params, expected) => {
      expectThrow(() => subject.create(params, { backend: name }), expected);
    });

    test.each(badGrads)('grads: %s', (_, grads, expected) => {
      const { optimizer, w, snapshot } = started(subject, name);
      const before = snapshot();
      expectThrow(() => optimizer.step(grads(w)), expected);
      expect(snapshot()).toEqual(before);
      expectThrow(() => optimizer.bindGrads(grads(w)), expected);
      expect(snapshot()).toEqual(before);
      expect(optimizer.step()).toMatchObject({ stepped: true, step: 2, skipped: 0 }); // the good gradients are still bound
    });

    test('a list where a list is expected', () => {
      const optimizer = subject.create([f32(1), f32(2)], { backend: name });
      const step = (grads: unknown) => () => optimizer.step(grads as FloatArray[]);
      expectThrow(step({}), [TypeError, 'ERR_INVALID_GRADS', 'grads must be an array like params, received an object']);
      expectThrow(step([f32(1)]), [RangeError, 'ERR_INVALID_GRADS', 'grads has 1 entries, params has 2']);
      expectThrow(step(new Set([f32(1), f32(2)])), [
        TypeError,
        'ERR_INVALID_GRADS',
        'grads must be an array like params, received a Set: pass [...grads]',
      ]);
      expectThrow(step(new Map([[0, f32(1)]])), [
        TypeError,
        'ERR_INVALID_GRADS',
        'grads must be an array like params, received a Map: pass [...grads.values()]',
      ]);
      expectThrow(step([new Tensor(), new Tensor()]), [
        TypeError,
        'ERR_INVALID_GRADS',
        'grads must be an array like params, received an object: pass its data, [grads.dataSync()]',
      ]);
      const doubles = subject.create([new Float64Array(1)], { backend: name });
      expectThrow(
        () => doubles.step([[1]] as unknown as FloatArray[]),
        [
          TypeError,
          'ERR_DTYPE',
          'grads[0] must be a Float64Array like params[0], or null, received an array: pass Float64Array.from(grads[0])',
        ],
      );
      expectThrow(step([f32(1), 7]), [
        TypeError,
        'ERR_DTYPE',
        'grads[1] must be a Float32Array like params[1], or null, received 7',
      ]);
    });

    test('step without gradients', () => {
      const optimizer = subject.create([f32(1)], { backend: name });
      const message = 'grads must be given to step, or to bindGrads before it, received undefined';
      expectThrow(() => optimizer.step(), [TypeError, 'ERR_INVALID_GRADS', message]);
    });

    test('a param, a state array or a gradient that is detached between steps', () => {
      const message = (label: string) => `${label} must have its memory, but its buffer was detached or transferred`;
      const transfer = (array: FloatArray) => structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });

      const first = started(subject, name);
      transfer(first.w);
      expectThrow(() => first.optimizer.step(), [TypeError, 'ERR_DETACHED', message('params.w')]);

      for (const state of stateNames(started(subject, name).optimizer.state.b)) {
        const { optimizer } = started(subject, name);
        transfer(optimizer.state.b[state] as FloatArray);
        expectThrow(() => optimizer.step(), [TypeError, 'ERR_DETACHED', message(`state.b.${state}`)]);
      }

      const last = started(subject, name);
      const grads = { w: f32(1, 2, 3), b: f32(1, 2) };
      last.optimizer.bindGrads(grads);
      const before = last.snapshot();
      structuredClone(grads.b, { transfer: [grads.b.buffer] });
      expectThrow(() => last.optimizer.step(), [TypeError, 'ERR_DETACHED', message('grads.b')]);
      expect(last.snapshot()).toEqual(before);
    });

    test('a resizable buffer that shrinks or grows', () => {
      const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
      const tracking = new Float32Array(buffer);
      const optimizer = subject.create([tracking], { backend: name });
      optimizer.step([f32(1, 2, 3, 4)]);
      const resized = (count: number): Expected => [
        RangeError,
        'ERR_LENGTH',
        `params[0] has ${count} elements, it had 4 when it was bound`,
      ];
      buffer.resize(8);
      expectThrow(() => optimizer.step(), resized(2));
      buffer.resize(32);
      expectThrow(() => optimizer.step(), resized(8));
      buffer.resize(16);
      expect(optimizer.step().stepped).toBe(true);

      const fixed = new Float32Array(buffer, 8, 2);
      const other = subject.create([fixed], { backend: name });
      buffer.resize(8); // the view is out of bounds now, though its buffer is not detached
      expectThrow(
        () => other.step([f32(1, 2)]),
        [RangeError, 'ERR_LENGTH', 'params[0] has 0 elements, it had 2 when it was bound'],
      );
    });

    test('a getter that detaches a param while the gradients are read', () => {
      const { optimizer, w } = started(subject, name);
      const grads = {
        w: f32(1, 2, 3),
        get b() {
          structuredClone(w, { transfer: [w.buffer as ArrayBuffer] });
          return f32(1, 2);
        },
      };
      expectThrow(
        () => optimizer.step(grads),
        [TypeError, 'ERR_DETACHED', 'params.w must have its memory, but its buffer was detached or transferred'],
      );
    });

    test('an empty gradient that is detached', () => {
      const optimizer = subject.create([f32(), f32(1)], { backend: name });
      const empty = f32();
      structuredClone(empty, { transfer: [empty.buffer] });
      expectThrow(
        () => optimizer.step([empty, f32(1)]),
        [TypeError, 'ERR_DETACHED', 'grads[0] must have its memory, but its buffer was detached or transferred'],
      );
    });

    test('a getter that steps, binds or disposes the optimizer whose gradients it is', () => {
      const during = (act: (optimizer: Started['optimizer']) => void) => {
        const { optimizer, snapshot } = started(subject, name);
        const before = snapshot();
        const grads = {
          w: f32(1, 2, 3),
          get b() {
            act(optimizer);
            return f32(1, 2);
          },
        };
        return { step: () => optimizer.step(grads), unchanged: () => expect(snapshot()).toEqual(before) };
      };
      const reentrant: Expected = [
        TypeError,
        'ERR_INVALID_GRADS',
        'grads must not step their own optimizer while they are read',
      ];
      for (const act of [
        (optimizer: Started['optimizer']) => optimizer.step(),
        (optimizer: Started['optimizer']) => optimizer.step({ w: f32(9, 9, 9), b: f32(9, 9) }),
        (optimizer: Started['optimizer']) => optimizer.bindGrads({ w: f32(9, 9, 9), b: f32(9, 9) }),
      ]) {
        const { step, unchanged } = during(act);
        expectThrow(step, reentrant);
        unchanged();
      }
      const { step } = during((optimizer) => optimizer.dispose());
      expectThrow(step, [TypeError, 'ERR_DISPOSED', `${subject.name} was disposed and can no longer be used`]);
    });

    test('a name of Object.prototype that has no gradient', () => {
      const optimizer = subject.create({ toString: f32(1) }, { backend: name }) as unknown as Started['optimizer'];
      expectThrow(
        () => optimizer.step({}),
        [
          TypeError,
          'ERR_INVALID_GRADS',
          'grads.toString must be a Float32Array like params.toString, or null, received undefined',
        ],
      );
    });

    test('after dispose', () => {
      const { optimizer, snapshot } = started(subject, name);
      const [w] = snapshot() as readonly unknown[];
      optimizer.dispose();
      optimizer.dispose();
      const expected: Expected = [TypeError, 'ERR_DISPOSED', `${subject.name} was disposed and can no longer be used`];
      expectThrow(() => optimizer.step({ w: f32(1, 2, 3), b: f32(1, 2) }), expected);
      expectThrow(() => optimizer.bindGrads({}), expected);
      expectThrow(() => optimizer.state, expected);
      expect(w).toBeInstanceOf(Float32Array);
    });
  });
});

test('an unknown backend is refused, never ignored', () => {
  for (const { create } of optimizers) {
    const known = backend().available.join(', ');
    expectThrow(
      () => create([f32(1)], { backend: 'avx1024' }),
      [RangeError, 'ERR_BACKEND', `backend must be one of ${known}, which this machine can run, received 'avx1024'`],
    );
  }
});

test('a polluted prototype changes no option', () => {
  Object.defineProperty(Object.prototype, 'lr', { value: 1e9, configurable: true, writable: true, enumerable: false });
  try {
    for (const { create, defaults } of optimizers) {
      expect({ ...create([f32(1)], {}).groups[0] }).toEqual(defaults);
    }
  } finally {
    Reflect.deleteProperty(Object.prototype, 'lr');
  }
});
