// An eps that is 0 in the type of the params: refused wherever a gradient of 0 would make NaN, and allowed elsewhere.

import { ADOPT, Adagrad, Adam, backend, type FloatArray, LARS, RMSprop } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { optimizers } from './optimizers.js';
import { thrown } from './thrown.js';

const { MIN_VALUE } = Number;
/** The largest number that Float32Array rounds to 0, and the next one. */
const [tie, aboveTie] = [2 ** -150, 2 ** -150 * (1 + Number.EPSILON)];

const refusal = (name: string, type: string, received: string) => ({
  name: 'RangeError',
  code: 'ERR_INVALID_OPTION',
  message: `eps must be at least ${type === 'Float32Array' ? aboveTie : MIN_VALUE} for ${name} over a ${type}, since a smaller one is rounded to 0 and a gradient of 0 then becomes NaN, received ${received}`,
});

const subjects = optimizers.filter(({ defaults }) => 'eps' in defaults);

describe.each(backend().available)('%s', (backendName) => {
  describe.each(subjects)('$name', ({ name, create, valid }) => {
    // Each dialect with each set of options, whether the table of optimizers has them together or not.
    const settings = valid.flatMap((options) =>
      [undefined, 'torch', 'keras', 'optax', 'tfjs'].map((dialect) =>
        dialect === undefined ? options : { ...options, dialect },
      ),
    );

    test.each([Float32Array, Float64Array])('%o: steps with gradients of 0 are never NaN', (ArrayType) => {
      let refused = 0;
      let stepped = 0;
      for (const options of settings) {
        const zeros: FloatArray[] = [new ArrayType(3)];
        if (thrown(() => create([new ArrayType(3)], options)) !== undefined) continue; // no such dialect
        for (const eps of ArrayType === Float32Array ? [0, tie, aboveTie, 1e-45] : [0, MIN_VALUE]) {
          const params = [new ArrayType(3)];
          const error = thrown(() => {
            const optimizer = create(params, { ...options, eps, backend: backendName });
            for (let t = 1; t <= 12; t++) optimizer.step(zeros);
            stepped++;
          });
          const rounded = ArrayType === Float32Array ? Math.fround(eps) : eps;
          if (error === undefined) {
            expect(params[0].every(Number.isFinite), JSON.stringify({ ...options, eps })).toBe(true);
          } else {
            refused++;
            expect(rounded).toBe(0);
            expect(error).toMatchObject(refusal(name, ArrayType.name, String(eps)));
          }
        }
      }
      expect(stepped).toBeGreaterThan(0);
      expect(refused > 0).toBe(name !== 'LARS');
    });
  });
});

test('the accumulator keeps the divisor from 0 where it starts above 0 in the type of the params', () => {
  const zero = { eps: 0, initialAccumulator: 1e-50 };
  expect(new Adagrad([new Float64Array(1)], zero).groups[0].eps).toBe(0);
  expect(thrown(() => new Adagrad([new Float32Array(1)], zero))).toMatchObject(refusal('Adagrad', 'Float32Array', '0'));
  expect(new Adagrad([new Float32Array(1)], { ...zero, initialAccumulator: 1e-45 }).groups[0].eps).toBe(0);
  expect(new Adagrad([new Float32Array(1)], { ...zero, initialAccumulator: 1e-45, epsPlace: 'inside' })).toBeDefined();
});

test('only the types of the params of a group count', () => {
  const groups = [{ params: { a: new Float64Array(1) }, eps: 1e-60 }, { params: { b: new Float32Array(1) } }];
  const adam = new Adam(groups);
  expect(adam.groups.map(({ eps }) => eps)).toEqual([1e-60, 1e-8]);
  const last = groups.map((group, g) => ({ ...group, eps: g === 1 ? 1e-60 : 1e-8 }));
  expect(thrown(() => new Adam(last))).toMatchObject(refusal('Adam', 'Float32Array', '1e-60'));
  expect(thrown(() => new Adam({ a: new Float64Array(1), b: new Float32Array(1) }, { eps: 1e-60 }))).toMatchObject(
    refusal('Adam', 'Float32Array', '1e-60'),
  );
});

test('an option that is set, and a group that is added, are refused without a trace', () => {
  const [a, b, c] = [new Float32Array([1]), new Float64Array([1]), new Float32Array([1])];
  const adam = new Adam([{ params: { a } }, { params: { b } }]);
  for (const eps of [0, 1e-46]) {
    expect(
      thrown(() => {
        adam.groups[0].eps = eps;
      }),
    ).toMatchObject(refusal('Adam', 'Float32Array', String(eps)));
  }
  adam.groups[1].eps = 1e-300;
  expect(thrown(() => adam.addGroup({ params: { c }, eps: 0 }))).toMatchObject(refusal('Adam', 'Float32Array', '0'));
  expect(adam.groups.map(({ eps }) => eps)).toEqual([1e-8, 1e-300]);
  adam.step({ a: new Float32Array(1), b: new Float64Array(1) });
  expect([a[0], b[0]]).toEqual([1, 1]);

  const rmsprop = new RMSprop([new Float64Array(1)]);
  expect(
    thrown(() => {
      rmsprop.groups[0].eps = 0;
    }),
  ).toMatchObject(refusal('RMSprop', 'Float64Array', '0'));
  expect(new LARS([new Float32Array(1)], { eps: 0 }).groups[0].eps).toBe(0);
  expect(thrown(() => new ADOPT([new Float32Array(1)], { eps: 1e-50 }))).toMatchObject({ code: 'ERR_INVALID_OPTION' });
});
