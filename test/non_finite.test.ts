// What nonFinite looks at: the gradient as its rule gets it, and its square where the rule squares it. And what is measured is
// reported, whether the step is refused for it or not.

import {
  ADOPT,
  AdaBelief,
  Adagrad,
  Adam,
  Adan,
  backend,
  type FloatArray,
  FTRL,
  NAdam,
  RAdam,
  RMSprop,
  SGD,
  type StepReport,
} from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyOptimizer, optimizers, stateNames } from './optimizers.js';
import { sumOfSquares } from './pipeline.js';
import { thrown } from './thrown.js';

type ArrayType = typeof Float32Array | typeof Float64Array;
type AnyClass = new (params: never, options?: never) => unknown;

const f32 = (...values: number[]) => new Float32Array(values);
const f64 = (...values: number[]) => new Float64Array(values);

function create(Class: AnyClass, params: readonly FloatArray[], options: object): AnyOptimizer {
  return new Class(params as never, options as never) as AnyOptimizer;
}

const arraysOf = (optimizer: AnyOptimizer, params: readonly FloatArray[]) => [
  ...params,
  ...optimizer.state.flatMap((state) => stateNames(state).map((name) => state[name] as FloatArray)),
];
const areFinite = (optimizer: AnyOptimizer, params: readonly FloatArray[]) =>
  arraysOf(optimizer, params).every((array) => array.every(Number.isFinite));

/** Whether nothing is kept of the average of squares: 0 times an infinite average is NaN in the next step. */
function forgetsAll({ betas, rho }: { readonly betas?: readonly number[]; readonly rho?: number }): boolean {
  return betas?.at(-1) === 0 || rho === 0;
}

/** Finite in its type, with a square that is not. */
const huge = { Float32Array: 1e22, Float64Array: 1e200 } as const;
/** The largest number whose square the type holds, and the next one. */
const roots = {
  Float32Array: [18446742974197924000, 18446744073709552000],
  Float64Array: [1.3407807929942596e154, 1.3407807929942597e154],
} as const;

describe.each(backend().available)('%s', (backendName) => {
  describe.each(optimizers)('$name', ({ name, create: start, valid }) => {
    test.each([Float32Array, Float64Array])(
      '%o: a huge gradient steps, or is refused where it would spoil the state',
      (ArrayType: ArrayType) => {
        const g = huge[ArrayType.name as keyof typeof huge];
        for (const options of valid) {
          const what = JSON.stringify(options);
          const given = () => [new ArrayType([1, 2, 3]), new ArrayType([4])];
          const grads = [new ArrayType([0.5, -g, 0.25]), new ArrayType([0.125])];
          // Whether the rule squares is seen in what comes of the gradient where nothing holds it back.
          const spoiled = given();
          const careless = start(spoiled, { ...options, backend: backendName });
          careless.step(grads);
          const spoils = !areFinite(careless, spoiled);

          const params = given();
          const careful = start(params, { ...options, backend: backendName, nonFinite: 'skip' });
          const before = arraysOf(careful, params).map((array) => [...array]);
          const report: StepReport = { ...careful.step(grads) };
          // Then no gradient moves the element any more, but in RAdam, which has made it NaN.
          if (name === 'RAdam') expect(spoiled[0][1], what).toBeNaN();
          else if (spoils && !forgetsAll(options)) {
            const [up, down] = [0.5, -0.5].map((next) => {
              const follower = given();
              const optimizer = start(follower, { ...options, backend: backendName });
              optimizer.step(grads);
              for (let t = 0; t < 5; t++) optimizer.step([new ArrayType([0.5, next, 0.25]), new ArrayType([0.125])]);
              return follower[0];
            });
            expect(up[1], what).toBe(down[1]);
            expect(Number.isFinite(up[1]), what).toBe(true);
          }
          if (!spoils) {
            expect(report, what).toMatchObject({ stepped: true, nonFinite: null });
            continue;
          }
          const overflow = { param: 0, index: 1, kind: 'overflow' };
          expect(report, what).toMatchObject({ stepped: false, step: 0, nonFinite: overflow });
          careful.step(grads);
          (careful as unknown as { pipeline: { nonFinite: string } }).pipeline.nonFinite = 'throw';
          expect(thrown(() => careful.step(grads))).toMatchObject({
            name: 'RangeError',
            code: 'ERR_NON_FINITE',
            message: `grads[0] must have finite squares, but its element 1 becomes ${new ArrayType([-g])[0]}, whose square overflows`,
          });
          expect(
            arraysOf(careful, params).map((array) => [...array]),
            what,
          ).toEqual(before);
          expect(careful.state.map(({ step }) => step)).toEqual([0, 0]);

          // Where the step is done all the same and something is measured, it is reported.
          const measuring = start(given(), { ...options, backend: backendName, gradNorm: true });
          expect({ ...measuring.step(grads) }, what).toMatchObject({ stepped: true, nonFinite: overflow });
        }
      },
    );
  });

  describe.each([Float32Array, Float64Array])('%o', (ArrayType: ArrayType) => {
    const [largest, next] = roots[ArrayType.name as keyof typeof roots];
    const kindOf = (grad: number, options: object, Class: AnyClass = Adam) => {
      const optimizer = create(Class, [new ArrayType(2)], { backend: backendName, nonFinite: 'skip', ...options });
      const { stepped, nonFinite } = optimizer.step([new ArrayType([1, grad])]);
      expect(stepped).toBe(nonFinite === null);
      return nonFinite?.kind ?? null;
    };

    test.each([Adam, NAdam, RAdam, Adagrad, RMSprop, Adan] as AnyClass[])(
      '%o: the largest gradient whose square is finite steps',
      (Class) => {
        expect(kindOf(largest, {}, Class)).toBeNull();
        expect(kindOf(-largest, {}, Class)).toBeNull();
        expect(kindOf(next, {}, Class)).toBe('overflow');
        expect(kindOf(-next, {}, Class)).toBe('overflow');
      },
    );

    test('gradScale, clipValue, clipTensorNorm and clipNorm come before', () => {
      expect(kindOf(next, { gradScale: 0.5 })).toBeNull();
      expect(kindOf(largest / 2, { gradScale: 4 })).toBe('overflow');
      expect(kindOf(next * 2, { clipValue: largest })).toBeNull();
      expect(kindOf(next * 2, { clipValue: next })).toBe('overflow');
      expect(kindOf(next * 2, { clipValue: next, gradScale: 0.25 })).toBeNull();
      expect(kindOf(next * 2, { clipNorm: 1 })).toBeNull();
      expect(kindOf(next * 2, { clipNorm: next * 1.5 })).toBe('overflow');
      expect(kindOf(next * 2, { clipTensorNorm: largest / 2 })).toBeNull();
      expect(kindOf(next * 2, { clipTensorNorm: next * 1.5 })).toBe('overflow');
      expect(kindOf(next * 2, { clipTensorNorm: next * 1.5, clipNorm: 1e10, clipNormForm: 'optax' })).toBeNull();
    });

    test('NaN and infinity are what they are wherever they come from, and come first', () => {
      expect(kindOf(NaN, {})).toBe('nan');
      expect(kindOf(Infinity, {})).toBe('infinity');
      expect(kindOf(-Infinity, { clipValue: 1 })).toBe('infinity'); // it is a sign of a loss that overflowed
      expect(kindOf(NaN, { clipNorm: 1 })).toBe('nan');
      expect(kindOf(Infinity, { clipTensorNorm: 1 }, SGD)).toBe('infinity');
      expect(kindOf(next, {}, SGD)).toBeNull();
      const optimizer = create(Adam, [new ArrayType(2), new ArrayType(2)], { backend: backendName, nonFinite: 'skip' });
      expect(optimizer.step([new ArrayType([0, next]), new ArrayType([NaN, 1])]).nonFinite).toEqual({
        param: 0,
        index: 1,
        kind: 'overflow',
      });
      // With a norm that is NaN nothing can be said of what clipping would have made of the first.
      Object.assign((optimizer as unknown as { pipeline: object }).pipeline, { clipNorm: 1 });
      expect(optimizer.step([new ArrayType([0, next]), new ArrayType([NaN, 1])]).nonFinite).toEqual({
        param: 1,
        index: 0,
        kind: 'nan',
      });
    });

    test.each([
      ['AdaBelief squares g − m', AdaBelief, {}, [...Array<number>(12).fill(-0.9), 0.9]],
      ['Adan squares g + β₂·(g − the last g)', Adan, {}, [-0.8, 0.8]],
      ['Adagrad adds squares up', Adagrad, {}, [0.8, 0.8]],
      ['FTRL adds squares up', FTRL, { lr: 1 }, [0.8, 0.8]],
      ['RMSprop forgets', RMSprop, {}, null],
    ] as const)('%s', (_, Class, options, shares) => {
      const params = [new ArrayType([1])];
      const optimizer = create(Class, params, { ...options, backend: backendName, nonFinite: 'skip' });
      const kinds = (shares ?? [0.8, 0.8, -0.8]).map((share) => {
        const kind = optimizer.step([new ArrayType([share * largest])]).nonFinite?.kind;
        expect(areFinite(optimizer, params)).toBe(true);
        return kind;
      });
      expect(kinds.pop()).toBe(shares === null ? undefined : 'overflow');
      expect(kinds.every((kind) => kind === undefined)).toBe(true);
    });
  });

  test('FTRL with power -1 divides by n / lr, which overflows before n does: W stays, and is no NaN', () => {
    const w = f32(1, 1);
    const ftrl = create(FTRL, [w], { power: -1, lr: 0.001, backend: backendName, nonFinite: 'skip' });
    expect(ftrl.step([f32(1e18, 0.5)]).nonFinite).toBeNull();
    for (let t = 0; t < 3; t++) ftrl.step([f32(0.5, 0.5)]);
    expect(w[0]).toBe(1);
    expect(w[1]).not.toBe(1);
    expect(areFinite(ftrl, [w])).toBe(true);
  });

  test('ADOPT without clip divides by eps', () => {
    const params = [f32(1)];
    const options = { eps: 1e-30, clip: false, backend: backendName, nonFinite: 'skip' };
    const adopt = create(ADOPT, params, options);
    adopt.step([f32(0)]);
    expect(adopt.step([f32(1e15)]).nonFinite).toEqual({ param: 0, index: 0, kind: 'overflow' });
    expect(areFinite(adopt, params)).toBe(true);
  });

  test.each([
    ['RMSprop', RMSprop, { centered: true }],
    ['RMSprop', RMSprop, { centered: true, momentum: 0.9 }],
    ['FTRL', FTRL, {}],
    ['FTRL', FTRL, { l1: 0.1, l2: 0.1, beta: 1 }],
    ['FTRL', FTRL, { power: -1 }],
    ['FTRL', FTRL, { power: 0 }],
    ['Adam', Adam, {}],
  ] as const)(
    "%s: with 'propagate' a square that overflows stops its element, and makes no NaN: %o %o",
    (_, Class, options) => {
      for (const ArrayType of [Float32Array, Float64Array]) {
        // Whole registers, and a rest.
        const params = [new ArrayType(37).fill(1)];
        const optimizer = create(Class, params, { ...options, backend: backendName });
        const grad = new ArrayType(37).fill(0.5);
        optimizer.step([grad]);
        const first = [...params[0]];
        for (const at of [3, 36]) grad[at] = huge[ArrayType.name as keyof typeof huge];
        optimizer.step([grad]);
        grad.fill(0.25);
        for (let t = 0; t < 3; t++) optimizer.step([grad]);
        for (const at of [3, 36]) {
          if (Class === RMSprop && 'momentum' in options)
            expect(params[0][at]).toBeLessThan(first[at]); // its buffer runs out
          else if (Class === Adam) expect(params[0][at]).toBe(first[at]);
          else expect(params[0][at]).toBe(first[at]);
        }
        expect(params[0].every(Number.isFinite)).toBe(true);
        expect(params[0][4]).not.toBe(first[4]);
        // What is not finite itself still shows.
        grad[5] = Infinity;
        optimizer.step([grad]);
        expect(params[0][5]).toBeNaN();
      }
    },
  );

  test('a step that measures the norm reports what it saw, though it is done', () => {
    for (const options of [{ clipNorm: 1 }, { clipTensorNorm: 1 }, { gradNorm: true }, { clipNorm: 1, clipValue: 2 }]) {
      const [w, v] = [f32(1, 1), f32(1)];
      const sgd = create(SGD, [w, v], { ...options, lr: 1, backend: backendName });
      const what = JSON.stringify(options);
      expect({ ...sgd.step([f32(1, NaN), f32(1)]) }, what).toMatchObject({
        stepped: true,
        nonFinite: { param: 0, index: 1, kind: 'nan' },
      });
      expect(w[1]).toBeNaN();
      expect({ ...sgd.step([f32(1, 2), f32(-Infinity)]) }, what).toMatchObject({
        stepped: true,
        nonFinite: { param: 1, index: 0, kind: 'infinity' },
      });
      expect(sgd.step([f32(1, 2), f32(1)]).nonFinite, what).toBeNull();
    }
    expect(create(SGD, [f32(1)], { backend: backendName }).step([f32(NaN)]).nonFinite).toBeNull();
  });
});

/** Of values whose squares overflow: as sums of squares are documented, times 2^-600. */
function hugeNorm(values: FloatArray): number {
  return Math.sqrt(sumOfSquares(values.map((value) => value * 2 ** -600))) * 2 ** 600;
}

describe.each(backend().available)('%s: f64 norms whose squares overflow', (backendName) => {
  const step = (grads: readonly FloatArray[], options: object) => {
    const params = grads.map((grad) => grad.map(() => 0));
    const optimizer = create(SGD, params, { lr: 1, clipNormForm: 'optax', backend: backendName, ...options });
    const report: StepReport = { ...optimizer.step(grads) };
    return { ...report, moved: params.map((param) => [...param].map((value) => 0 - value)) };
  };

  test('clip as smaller ones do', () => {
    const { moved, ...report } = step([f64(3e200, 4e200)], { clipNorm: 1 });
    expect(report).toMatchObject({ stepped: true, nonFinite: null });
    expect(report.gradNorm).toBeCloseTo(5e200, -188);
    expect(moved[0][0]).toBeCloseTo(0.6, 14);
    expect(moved[0][1]).toBeCloseTo(0.8, 14);
    expect(
      step([f64(3e200, 4e200)], { clipNorm: 1, nonFinite: 'throw', clipNormForm: 'torch' }).moved[0][0],
    ).toBeCloseTo(0.6, 14);
  });

  test('have the same shape as all sums of squares, to the last bit', () => {
    const values = Float64Array.from({ length: 10_007 }, (_, i) => Math.sin(i) * 1e190);
    for (const offset of [0, 3]) {
      const grad = new Float64Array(values.length + offset).subarray(offset);
      grad.set(values);
      expect(step([grad], { gradNorm: true }).gradNorm).toBe(hugeNorm(values));
    }
  });

  test('of each tensor, beside others that are small, of either type', () => {
    const grads = [f32(3, 4), f64(3e200, 4e200), f64(30, 40), f64(6e250, 8e250)];
    const { moved, gradNorm } = step(grads, { clipTensorNorm: 1 });
    for (const [small, large] of moved) {
      expect(small).toBeCloseTo(0.6, 6);
      expect(large).toBeCloseTo(0.8, 6);
    }
    expect(gradNorm).toBeCloseTo(2, 6);
    expect(step(grads, { clipTensorNorm: 1e200 }).moved[0]).toEqual([3, 4]);
    expect(step(grads, { clipTensorNorm: 10 }).gradNorm).toBeCloseTo(Math.sqrt(25 + 300), 6);
  });

  test('of all together, where each alone does not overflow', () => {
    const grads = Array.from({ length: 16 }, () => f64(1e154));
    const { gradNorm, moved, clipCoefficient } = step(grads, { clipNorm: 4 });
    expect(gradNorm).toBeCloseTo(4e154, -142);
    expect(clipCoefficient).toBeCloseTo(1e-154, 160);
    for (const [value] of moved) expect(value).toBeCloseTo(1, 14);
  });

  test('beyond the largest f64', () => {
    const { gradNorm, moved } = step([f64(1.5e308, 1.5e308), f64(1.5e308, 1.5e308)], { clipNorm: 2 });
    expect(gradNorm).toBe(Infinity);
    for (const value of moved.flat()) expect(value).toBeCloseTo(1, 12);
  });

  test('scaled and bounded', () => {
    const scaled = step([f64(3e200, 4e200)], { clipNorm: 1, gradScale: 1e-10 });
    expect(scaled.gradNorm).toBeCloseTo(5e190, -178);
    expect(scaled.moved[0][0]).toBeCloseTo(0.6, 14);
    const grown = step([f64(3e100, 4e100)], { clipNorm: 1, gradScale: 1e220 });
    expect(grown.gradNorm).toBe(Infinity);
    expect(grown.moved[0][0]).toBeCloseTo(0.6, 14);
    const small = step([f64(3e200, 4e200)], { clipNorm: 1, gradScale: 1e-200 });
    expect(small.gradNorm).toBeCloseTo(5, 14);
    const bounded = step([f64(3e200, 9e200)], { clipNorm: 1, clipValue: 4e200 });
    expect(bounded.gradNorm).toBeCloseTo(5e200, -188);
    expect(bounded.moved[0][1]).toBeCloseTo(0.8, 14);
    const held = step([f64(3e200, -9e200)], { clipNorm: 10, clipValue: 1, gradScale: 0.5 });
    expect(held.gradNorm).toBe(Math.SQRT2);
    expect(held.moved[0]).toEqual([1, -1]);
  });

  test('of one with an infinity are not measured anew', () => {
    const { gradNorm, clipCoefficient, nonFinite } = step([f64(1e200), f64(1e200, Infinity)], { clipNorm: 1 });
    expect([gradNorm, clipCoefficient]).toEqual([Infinity, 0]);
    expect(nonFinite).toEqual({ param: 1, index: 1, kind: 'infinity' });
  });
});

describe.each(backend().available)('%s: gradNorm', (backendName) => {
  test('measures without clipping', () => {
    const w = f32(0, 0);
    const sgd = create(SGD, [w], { lr: 1, gradNorm: true, gradScale: 0.5, backend: backendName });
    expect({ ...sgd.step([f32(6, 8)]) }).toMatchObject({ stepped: true, gradNorm: 5, clipCoefficient: 1 });
    expect(w).toEqual(f32(-3, -4));
    const { pipeline } = sgd as unknown as { readonly pipeline: { gradNorm: boolean } };
    pipeline.gradNorm = false;
    expect(sgd.step([f32(6, 8)]).gradNorm).toBeNull();
    pipeline.gradNorm = true;
    expect(sgd.step([f32(6, 8)]).gradNorm).toBe(5);
  });

  test('in a call that gathers it is that of the gradients of the call, as a step of it alone would scale them', () => {
    for (const accumulateMode of ['mean', 'sum']) {
      const [w, v] = [f32(0, 0), f64(0)];
      const options = { lr: 1, gradNorm: true, accumulate: 3, accumulateMode, gradScale: 0.5, backend: backendName };
      const sgd = create(SGD, [w, v], options);
      const norms = [
        [f32(6, 8), f64(0)],
        [null, f64(-6)],
        [f32(6, 8), f64(6)],
      ].map((grads) => ({ ...sgd.step(grads) }));
      const share = accumulateMode === 'mean' ? 1 / 3 : 1;
      expect(norms.map(({ stepped }) => stepped)).toEqual([false, false, true]);
      expect(norms[0].gradNorm).toBe(5);
      expect(norms[1].gradNorm).toBe(3);
      expect(norms[2].gradNorm).toBeCloseTo(10 * share, 6); // of the whole sum
      expect(w[0]).toBeCloseTo(-6 * share, 6);
      expect(v[0]).toBe(0);
    }
  });

  test('in a call that gathers, several gradients count as their mean, and clipValue holds', () => {
    const options = { gradNorm: true, accumulate: 2, backend: backendName };
    const several = create(SGD, [f32(0)], options);
    expect(several.step([[f32(2)], [f32(4)]]).gradNorm).toBe(3);
    const bounded = create(SGD, [f32(0, 0)], { ...options, clipValue: 1 });
    expect(bounded.step([f32(5, -5)]).gradNorm).toBe(Math.SQRT2);
    const huge = create(SGD, [f64(0, 0)], options);
    expect(huge.step([f64(3e200, 4e200)]).gradNorm).toBeCloseTo(5e200, -188);
    const plain = create(SGD, [f32(0)], { accumulate: 2, backend: backendName });
    expect(plain.step([f32(1)]).gradNorm).toBeNull();
  });

  test('in a call that gathers it reports what is not finite, and changes nothing else', () => {
    const run = (options: object) => {
      const params = [f32(1, 2), f64(3)];
      const nadam = create(NAdam, params, { accumulate: 2, clipNorm: 0.5, backend: backendName, ...options });
      const reports = [1, 2, 3, 4].map((k) => ({ ...nadam.step([f32(k, -k), k === 3 ? null : f64(1 / k)]) }));
      return { arrays: arraysOf(nadam, params).map((array) => [...array]), reports };
    };
    const [measured, plain] = [run({ gradNorm: true }), run({})];
    expect(measured.arrays).toEqual(plain.arrays);
    expect(measured.reports.map(({ gradNorm }) => gradNorm !== null)).toEqual([true, true, true, true]);
    expect(measured.reports[1]).toEqual(plain.reports[1]);

    const sgd = create(SGD, [f32(1, 1)], { gradNorm: true, accumulate: 2, nonFinite: 'skip', backend: backendName });
    expect({ ...sgd.step([f32(0, NaN)]) }).toMatchObject({
      stepped: false,
      pending: 1,
      nonFinite: { param: 0, index: 1, kind: 'nan' },
    });
    expect({ ...sgd.step([f32(0, 0)]) }).toMatchObject({
      stepped: false,
      pending: 0,
      nonFinite: { param: 0, index: 1, kind: 'nan' },
    });
  });
});
