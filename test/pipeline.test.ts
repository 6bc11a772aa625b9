// What a step does around its rule: gradients scaled, checked, clipped, gathered; weights averaged; groups.

import {
  Adam,
  AdamW,
  Adan,
  backend,
  type FloatArray,
  FTRL,
  NAdam,
  ScheduleFreeAdamW,
  ScheduleFreeSGD,
  SGD,
  type StepReport,
  schedules,
} from 'lockstep';
import { describe, expect, test } from 'vitest';
import {
  type AnyClass,
  type AnyOptimizer,
  arraysOf,
  copy,
  create,
  expectSame,
  expectThrow,
  type Grads,
  numbersOf,
  rounding,
  sumOfSquares,
} from './pipeline.js';
import { fillOrdinary, Random } from './random.js';
import { ulp } from './ulp.js';

const { available } = backend();
const f32 = (...values: number[]) => new Float32Array(values);

function thrown(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
const f64 = (...values: number[]) => new Float64Array(values);

describe('every pair of settings, on every backend', () => {
  const factors = {
    rule: [
      [AdamW, { weightDecay: 0.1 }],
      [SGD, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01, maximize: true }],
      [AdamW, { cautious: true, maximize: true, weightDecay: 0.1 }],
      [NAdam, { weightDecay: 0.1 }],
      [Adan, { weightDecay: 0.02 }],
    ],
    gradScale: [{}, { gradScale: 0.1 }],
    clipNorm: [{}, { clipNorm: 0.5 }, { clipNorm: 0.5, clipNormForm: 'optax' }],
    clipTensorNorm: [{}, { clipTensorNorm: 0.25 }],
    clipValue: [{}, { clipValue: 0.01 }],
    nonFinite: [{}, { nonFinite: 'skip' }],
    zeroGrad: [{}, { zeroGrad: true }],
    average: [
      {},
      { ema: { decay: 0.9 } },
      { ema: { decay: 0.9, warmup: true, debias: true } },
      { swa: { start: 2, every: 2 } },
    ],
    accumulate: [{}, { accumulate: 2 }, { accumulate: 3, accumulateMode: 'sum' }],
    sources: [1, 3],
    groups: ['one', 'two'],
    nulls: ['none', 'some'],
  } as const;
  type Setting = { readonly [K in keyof typeof factors]: (typeof factors)[K][number] };
  const names = Object.keys(factors) as (keyof typeof factors)[];

  /** Rows of which any two values of any two factors stand together in one: each row takes what covers most pairs. */
  function pairwise(): readonly Setting[] {
    const missing = new Set<string>();
    const key = (a: number, i: number, b: number, j: number) => `${a}:${i},${b}:${j}`;
    for (let a = 0; a < names.length; a++) {
      for (let b = a + 1; b < names.length; b++) {
        factors[names[a]].forEach((_, i) => {
          factors[names[b]].forEach((_, j) => {
            missing.add(key(a, i, b, j));
          });
        });
      }
    }
    const rows: Setting[] = [];
    while (missing.size > 0) {
      const [seed] = missing;
      const chosen = new Map(seed.split(',').map((part) => part.split(':').map(Number) as [number, number]));
      for (let b = 0; b < names.length; b++) {
        if (chosen.has(b)) continue;
        const gains = factors[names[b]].map(
          (_, j) => [...chosen].filter(([a, i]) => missing.has(a < b ? key(a, i, b, j) : key(b, j, a, i))).length,
        );
        chosen.set(b, gains.indexOf(Math.max(...gains)));
      }
      for (const [a, i] of chosen) for (const [b, j] of chosen) missing.delete(key(a, i, b, j));
      rows.push(Object.fromEntries(names.map((name, a) => [name, factors[name][chosen.get(a) ?? 0]])) as Setting);
    }
    return rows;
  }

  const lengths = [...Array(41).keys(), 4095, 4096, 4097, 100_003];
  const arrays = (random: Random) =>
    lengths.map((length, i) => {
      const array = i % 2 === 0 ? new Float32Array(length) : new Float64Array(length);
      fillOrdinary(array, random);
      return array;
    });

  function train(name: string, { rule: [Class, options], sources, groups, nulls, ...others }: Setting) {
    const random = new Random(1);
    const params = arrays(random);
    const pipeline = Object.assign({}, ...Object.values(others)) as object;
    const half = params.length >> 1;
    const given =
      groups === 'one'
        ? params
        : [{ params: params.slice(0, half) }, { params: params.slice(half), lr: 0.01, weightDecay: 0.3 }];
    const optimizer = create(Class, given, { ...options, ...pipeline, backend: name });
    const reports: StepReport[] = [];
    const grads: FloatArray[] = [];
    for (let call = 1; call <= 6; call++) {
      const each = Array.from({ length: sources }, () => arrays(random));
      if (call === 6) each[0][40][7] = NaN;
      grads.push(...each.flat());
      const isNull = (i: number) => nulls === 'some' && (i + call) % 3 === 0 && i < 40;
      const holed = each.map((list) => list.map((grad, i) => (isNull(i) ? null : grad)));
      reports.push({ ...optimizer.step(sources === 1 ? holed[0] : holed) });
    }
    return { arrays: [...arraysOf(optimizer, params), ...grads], numbers: numbersOf(optimizer), reports };
  }

  const rows = pairwise();

  test.each(rows.map((row, r) => [r, row] as const))('row %i', (_, row) => {
    const expected = train('typescript', row);
    expect(expected.reports.some(({ stepped }) => stepped)).toBe(true);
    for (const name of available.filter((each) => each !== 'typescript')) {
      const actual = train(name, row);
      expectSame(actual.arrays, expected.arrays, `${name}: ${JSON.stringify(row)}`);
      expect(actual.numbers).toEqual(expected.numbers);
      expect(actual.reports).toEqual(expected.reports);
    }
  });

  test('are covered by few rows', () => {
    expect(rows.length).toBeLessThan(40);
  });
});

describe.each(available)('%s: one sweep is the same as passes one after another', (name) => {
  const lengths = [7, 4101, 33];
  const random = new Random(3);
  const made = (ArrayType: typeof Float32Array | typeof Float64Array) =>
    lengths.map((length) => {
      const array = new ArrayType(length);
      fillOrdinary(array, random);
      return array as FloatArray;
    });
  const coefficient = (form: string, norm: number, most: number) => {
    if (form === 'torch') return Math.min(1, most / (norm + 1e-6));
    return norm < most ? 1 : most / norm;
  };

  /** The gradient that the rule gets: all multipliers one, rounded once. With clipValue the scale comes first by itself. */
  function prepared(sources: readonly FloatArray[][], options: Record<string, number | string | undefined>) {
    const { gradScale = 1, clipValue = Infinity, clipTensorNorm = Infinity, clipNorm = Infinity } = options;
    const form = String(options.clipNormForm ?? 'torch');
    const scale = Number(gradScale) * (1 / sources.length);
    const isBounded = clipValue !== Infinity;
    const summed = sources[0].map((first, i) => {
      const round = rounding(first);
      const sum = copy(first);
      for (const source of sources.slice(1)) {
        for (let k = 0; k < sum.length; k++) sum[k] = round(sum[k] + source[i][k]);
      }
      if (!isBounded) return sum;
      const bound = round(Number(clipValue));
      return sum.map((value) => Math.max(-bound, Math.min(bound, round(round(scale) * value)))) as FloatArray;
    });
    const norms = summed.map((grad) => Math.sqrt(sumOfSquares(grad)) * (isBounded ? 1 : scale));
    const shares = norms.map((norm) => coefficient(form, norm, Number(clipTensorNorm)));
    const norm = Math.sqrt(norms.reduce((sum, each, i) => sum + (each * shares[i]) ** 2, 0));
    const share = coefficient(form, norm, Number(clipNorm));
    const grads = summed.map((grad, i) => {
      const round = rounding(grad);
      const factor = round((isBounded ? 1 : scale) * shares[i] * share);
      return grad.map((value) => round(factor * value)) as FloatArray;
    });
    return { grads, norm, share };
  }

  test.each([
    { gradScale: 0.1 },
    { clipNorm: 0.5 },
    { clipNorm: 0.5, clipNormForm: 'optax' },
    { clipTensorNorm: 0.3 },
    { clipValue: 0.02 },
    { gradScale: 0.1, clipValue: 0.02, clipTensorNorm: 0.3, clipNorm: 0.1 },
    { gradScale: 1 / 3, clipTensorNorm: 0.3, clipNorm: 0.1, clipNormForm: 'optax' },
  ] as const)('gradients: %o', (options) => {
    for (const ArrayType of [Float32Array, Float64Array]) {
      for (const count of [1, 3]) {
        const [params, plainParams] = [made(ArrayType), [] as FloatArray[]];
        plainParams.push(...params.map(copy));
        const rule = { weightDecay: 0.1, lr: 0.01, backend: name };
        const fused = create(AdamW, params, { ...rule, ...options, zeroGrad: true, ema: { decay: 0.75 } });
        const plain = create(AdamW, plainParams, rule);
        let averages: readonly FloatArray[] = [];
        for (let t = 1; t <= 4; t++) {
          const sources = Array.from({ length: count }, () => made(ArrayType));
          const { grads, norm, share } = prepared(
            sources.map((source) => source.map(copy)),
            options,
          );
          const report = fused.step(count === 1 ? sources[0] : sources);
          plain.step(grads);
          if ('clipNorm' in options || 'clipTensorNorm' in options) expect(report.gradNorm).toBe(norm);
          expect(report.clipCoefficient).toBe('clipNorm' in options ? share : 1);
          averages = plainParams.map((param, i) => {
            const round = rounding(param);
            if (t === 1) return copy(param);
            const average = averages[i];
            return param.map((w, k) => round(average[k] + round(0.25 * round(w - average[k])))) as FloatArray;
          });
          for (const source of sources) for (const grad of source) expect(grad.every((g) => g === 0)).toBe(true);
        }
        expectSame(arraysOf(fused, params), [...arraysOf(plain, plainParams), ...averages], `${count} sources`);
      }
    }
  });

  test('multipliers that are rounded one by one are at most 4 ulp off', () => {
    const grad = new Float32Array(5000);
    fillOrdinary(grad, new Random(5));
    const options = { gradScale: 1 / 3, clipTensorNorm: 0.7, clipNorm: 0.3 };
    const w = new Float32Array(5000);
    create(SGD, [w], { lr: 1, ...options, backend: name }).step([grad]);
    let passes = grad.map((g) => Math.fround(Math.fround(1 / 3) * g));
    for (const most of [0.7, 0.3]) {
      const factor = Math.fround(Math.min(1, most / (Math.sqrt(sumOfSquares(passes)) + 1e-6)));
      passes = passes.map((g) => Math.fround(factor * g));
    }
    const distances = [...w].map((value, i) => Math.abs(value + passes[i]) / ulp(value, w));
    expect(Math.max(...distances)).toBeGreaterThan(0);
    expect(Math.max(...distances)).toBeLessThanOrEqual(4);
  });
});

describe('a step that is refused or left out changes nothing', () => {
  interface Subject {
    readonly optimizer: AnyOptimizer;
    readonly params: readonly Float32Array[];
    readonly buffer: ArrayBuffer;
    /** What the schedule does in the next step. */
    readonly fault: { run: (() => number) | null };
    readonly report: StepReport;
  }
  interface Kind {
    readonly name: string;
    readonly Class: AnyClass;
    readonly options: object;
    /** How many calls make a step. */
    readonly calls: number;
  }
  const kinds: readonly Kind[] = [
    { name: 'Adam', Class: Adam, options: {}, calls: 1 },
    { name: 'ScheduleFreeAdamW', Class: ScheduleFreeAdamW, options: { warmupSteps: 3 }, calls: 1 },
    { name: 'NAdam', Class: NAdam, options: {}, calls: 1 },
    {
      name: 'AdamW with ema, clipNorm and accumulate',
      Class: AdamW,
      options: { ema: { decay: 0.9 }, clipNorm: 0.1, accumulate: 2 },
      calls: 2,
    },
  ];
  const good = (k: number) => [f32(0.1 * k, -0.2, 0.3), f32(0.4, 0.5 * k), f32(-0.6)];

  function start({ Class, options, calls }: Kind, backendName: string): Subject {
    const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
    const tracking = new Float32Array(buffer);
    tracking.set([4, 5]);
    const params = [f32(1, 2, 3), tracking, f32(6)];
    const fault: Subject['fault'] = { run: null };
    const lr = (step: number) => fault.run?.() ?? 0.1 / (step + 1);
    const optimizer = create(Class, params, { lr, ...options, backend: backendName });
    let report = optimizer.step(good(1));
    // One step, and of the next all calls but the last.
    for (let call = 1; call < 2 * calls - 1; call++) report = optimizer.step(good(call + 1));
    return { optimizer, params, buffer, fault, report };
  }

  const snapshot = ({ optimizer, params, report }: Subject) => ({
    arrays: arraysOf(optimizer, params).map((array) => copy(array)),
    numbers: numbersOf(optimizer),
    step: report.step,
  });
  const bad = (change: (grads: Float32Array[], subject: Subject) => unknown) => (subject: Subject) => {
    const grads: Float32Array[] = good(9);
    subject.optimizer.step(change(grads, subject) ?? grads);
  };
  const nonFinite = (what: 'skip' | 'throw', tensor: number, value: number) => (subject: Subject) => {
    subject.optimizer.pipeline.nonFinite = what;
    const grads = good(9);
    grads[tensor][0] = value;
    try {
      const report = subject.optimizer.step(grads);
      expect(report).toMatchObject({ stepped: false, skipped: 0, nonFinite: { param: tensor, index: 0 } });
    } finally {
      subject.optimizer.pipeline.nonFinite = 'propagate';
    }
  };
  const scheduled = (run: (subject: Subject) => number) => (subject: Subject) => {
    subject.fault.run = () => run(subject);
    try {
      subject.optimizer.step(good(9));
    } finally {
      subject.fault.run = null;
    }
  };

  /** What is done, the message of its error if it has one, and whether what was gathered is given up. */
  const ways: readonly (readonly [string, (subject: Subject) => unknown, string | null, 'gives up'?])[] = [
    ['no grads', ({ optimizer }) => optimizer.step(null), 'grads must be an array like params'],
    ['one too few', bad((grads) => grads.slice(1)), 'grads has 2 entries, params has 3'],
    ['one missing', bad((grads) => [grads[0], grads[1], undefined]), 'grads[2] must be a Float32Array'],
    ['another length', bad((grads) => [grads[0], grads[1], f32(1, 2)]), 'grads[2] has 2 elements'],
    ['another type', bad((grads) => [grads[0], grads[1], f64(1)]), 'grads[2] must be a Float32Array'],
    [
      'detached',
      bad((grads) => void structuredClone(grads[2], { transfer: [grads[2].buffer as ArrayBuffer] })),
      'grads[2] must have its memory',
    ],
    ['a param as gradient', bad((grads, { params }) => [grads[0], grads[1], params[2]]), 'grads[2] must have memory'],
    [
      'state as gradient',
      bad((grads, { optimizer: { state } }) => [grads[0], grads[1], state[2].expAvgSq]),
      'grads[2] must have memory',
    ],
    ['several of which one is bad', bad((grads) => [grads, [f32(1, 2, 3), f32(4, 5), f32(6, 7)]]), 'grads[2] has 2'],
    [
      'several that differ in what is null',
      bad((grads) => [grads, [grads[0], null, grads[2]]]),
      'grads[1] must be given in all of several grads or be null in all, but is null in number 2 alone',
    ],
    [
      'a param that grew',
      ({ optimizer, buffer }) => {
        buffer.resize(16);
        try {
          optimizer.step(good(9));
        } finally {
          buffer.resize(8);
        }
      },
      'params[1] has 4 elements, it had 2 when it was bound',
    ],
    ['gradScale NaN', ({ optimizer }) => optimizer.step(good(9), { gradScale: NaN }), 'gradScale must be a finite'],
    ['gradScale 0', ({ optimizer }) => optimizer.step(good(9), { gradScale: 0 }), 'gradScale must be a finite'],
    [
      'an unknown option of a step',
      ({ optimizer }) => optimizer.step(good(9), { scale: 1 } as object),
      "unknown option 'scale'",
    ],
    ['skip: NaN in the first', nonFinite('skip', 0, NaN), null, 'gives up'],
    ['skip: Infinity in the last', nonFinite('skip', 2, -Infinity), null, 'gives up'],
    ['throw: NaN in the first', nonFinite('throw', 0, NaN), 'grads[0] must be finite, but its element 0', 'gives up'],
    ['throw: NaN in the last', nonFinite('throw', 2, NaN), 'grads[2] must be finite, but its element 0', 'gives up'],
    ['a schedule of NaN', scheduled(() => NaN), 'lr of step 1 must be a finite number >= 0, received NaN'],
    [
      'a schedule of a string',
      scheduled(() => '0.1' as unknown as number),
      "lr of step 1 must be a finite number >= 0, received '0.1'",
    ],
    [
      'a schedule of a schedule',
      scheduled(() => schedules.constant(1) as unknown as number),
      'lr of step 1 must be a finite number >= 0, received a function: pass the schedule itself',
    ],
    [
      'a schedule of a promise',
      scheduled(() => Promise.resolve(1) as unknown as number),
      'lr of step 1 must be a finite number >= 0, received an object',
    ],
    [
      'a schedule that throws',
      scheduled(() => {
        throw new Error('no rate today');
      }),
      'no rate today',
    ],
    [
      'a schedule that steps',
      scheduled(({ optimizer }) => optimizer.step(good(8)).step),
      'a schedule must not step its own optimizer',
    ],
    [
      'a schedule that adds a group',
      scheduled(({ optimizer }) => {
        optimizer.addGroup({ params: [f32(1)] });
        return 1;
      }),
      'addGroup must be called between steps',
    ],
    [
      'a group that is there already',
      ({ optimizer, params }) => optimizer.addGroup({ params: [params[0]] }),
      'must', // have memory of its own or, while gradients are gathered, be called between steps
    ],
  ];

  describe.each(available)('%s', (backendName) => {
    describe.each(kinds)('$name', (kind) => {
      test.each(ways.map(([title, act, message, givesUp]) => ({ title, act, message, givesUp })))(
        '$title',
        ({ act, message, givesUp }) => {
          const [subject, twin] = [start(kind, backendName), start(kind, backendName)];
          const before = snapshot(subject);
          if (message === null) act(subject);
          else expect(() => act(subject)).toThrow(message);
          const after = snapshot(subject);
          expectSame(after.arrays, before.arrays);
          expect(after).toEqual(before);

          // It goes on as one that never met the fault.
          if (givesUp && kind.calls > 1) subject.optimizer.step(good(kind.calls + 1)); // gathered anew
          const next = [subject, twin].map(({ optimizer }) => ({ ...optimizer.step(good(5)) }));
          expect(next[0]).toEqual(next[1]);
          expect(next[0]).toMatchObject({ stepped: true, step: 2 });
          const [left, right] = [snapshot(subject), snapshot(twin)];
          expectSame(left.arrays, right.arrays);
          expect(left).toEqual(right);
        },
      );

      test('disposed', () => {
        const subject = start(kind, backendName);
        const { optimizer, params } = subject;
        const arrays = arraysOf(optimizer, params);
        const before = arrays.map((array) => copy(array));
        optimizer.dispose();
        const name = kind.Class.name;
        for (const use of [
          () => optimizer.step(good(3)),
          () => optimizer.addGroup({ params: [f32(1)] }),
          () => optimizer.averages,
          () => optimizer.swapAverages(),
        ]) {
          expectThrow(use, TypeError, 'ERR_DISPOSED', `${name} was disposed and can no longer be used`);
        }
        expectSame(arrays, before);
      });
    });

    test('eval mode', () => {
      const subject = start(kinds[1], backendName);
      subject.optimizer.eval?.();
      const before = snapshot(subject);
      const message = 'step must be called in train mode: call train() first';
      expectThrow(() => subject.optimizer.step(good(3)), TypeError, 'ERR_MODE', message);
      expect(snapshot(subject)).toEqual(before);
    });

    test('swapped averages', () => {
      const subject = start(kinds[3], backendName);
      const { optimizer, params } = subject;
      const before = snapshot(subject);
      optimizer.swapAverages();
      const swapped = snapshot(subject);
      expectSame(params, before.arrays.slice(-3), 'the averages are where the params were');
      const message = 'step must be called with the weights in place: call swapAverages() first';
      expectThrow(() => optimizer.step(good(3)), TypeError, 'ERR_MODE', message);
      const adding = 'addGroup must be called between steps, while params hold the weights that are trained';
      expectThrow(() => optimizer.addGroup({ params: [f32(1)] }), TypeError, 'ERR_MODE', adding);
      expect(snapshot(subject)).toEqual(swapped);
      optimizer.swapAverages();
      expect(snapshot(subject)).toEqual(before);
    });

    test('modes of swapped averages', () => {
      const w = f32(1, 2);
      const optimizer = create(ScheduleFreeAdamW, [w], { ema: {}, backend: backendName });
      optimizer.step([f32(1, 1)]);
      optimizer.step([f32(1, -1)]);
      optimizer.swapAverages();
      const message = 'eval must be called with the weights in place: call swapAverages() first';
      expectThrow(() => optimizer.eval?.(), TypeError, 'ERR_MODE', message);
      optimizer.swapAverages();
      optimizer.eval?.();
      const swapping =
        'swapAverages must be called in train mode, whose weights the averages are of: call train() first';
      expectThrow(() => optimizer.swapAverages(), TypeError, 'ERR_MODE', swapping);
    });

    test('an average as gradient', () => {
      const optimizer = create(SGD, [f32(1)], { ema: {}, backend: backendName });
      const message = 'grads[0] must have memory of its own, but shares some with params[0]';
      expectThrow(() => optimizer.step(optimizer.averages), RangeError, 'ERR_OVERLAP', message);
    });
  });
});

describe.each(available)('%s: the norm', (name) => {
  const norm = (grads: Grads, options: object = { clipNorm: 1e30 }) => {
    const params = grads.map((grad) => grad?.map(() => 0));
    return { ...create(SGD, params, { ...options, backend: name }).step(grads) };
  };

  test('is that of all gradients together, in its one shape, and within 2 ulp of another summation', () => {
    const random = new Random(11);
    const grads = [5, 100_003, 4096, 4097, 0].map((length, i) => {
      const grad = i % 2 === 0 ? new Float32Array(length) : new Float64Array(length);
      fillOrdinary(grad, random);
      return grad;
    });
    const { gradNorm } = norm(grads);
    const each = grads.map((grad) => Math.sqrt(sumOfSquares(grad)));
    expect(gradNorm).toBe(Math.sqrt(each.reduce((sum, value) => sum + value * value, 0)));
    const sorted = grads.flatMap((grad) => [...grad].map((value) => value * value)).sort((a, b) => a - b);
    const other = Math.sqrt(sorted.reduce((sum, value) => sum + value, 0));
    expect(Math.abs((gradNorm ?? NaN) - other) / ulp(other, f64())).toBeLessThanOrEqual(2);
  });

  test('is null where nothing needs it', () => {
    expect(norm([f32(3)], {}).gradNorm).toBeNull();
    expect(norm([f32(3)], { clipValue: 1 }).gradNorm).toBeNull();
    expect(norm([f32(3)], { nonFinite: 'skip' }).gradNorm).toBe(3);
  });

  test('is that of scaled and bounded gradients', () => {
    expect(norm([f32(30, 40)], { clipNorm: 1e9, gradScale: 0.5 }).gradNorm).toBe(25);
    expect(norm([f32(30, 40)], { clipNorm: 1e9, gradScale: 0.5, clipValue: 3 }).gradNorm).toBe(Math.sqrt(18));
    expect(norm([f32(30), f32(40)], { clipTensorNorm: 1, clipNorm: 1e9, clipNormForm: 'optax' }).gradNorm).toBe(
      Math.sqrt(2),
    );
  });

  test('finite gradients whose squares are too large are not called infinite', () => {
    expect(norm([f64(1, 1e200, -1e300)], { nonFinite: 'throw' })).toMatchObject({ stepped: true, gradNorm: 1e300 });
    expect(norm([f32(3e38, 3e38)], { nonFinite: 'throw' }).gradNorm).toBeCloseTo(4.24e38, -37);
    const skipped = norm([f64(1), f64(1e200, Infinity)], { nonFinite: 'skip' });
    expect(skipped).toMatchObject({ stepped: false, nonFinite: { param: 1, index: 1 } });
  });

  test('skippedInARow counts the steps that were left out since one updated a parameter', () => {
    const run = (options: object, grads: readonly (number | null)[]) => {
      const optimizer = create(SGD, [f32(1)], { nonFinite: 'skip', ...options, backend: name });
      return grads.map((grad) => optimizer.step([grad === null ? null : f32(grad)]).skippedInARow);
    };
    expect(run({}, [1, NaN, Infinity, null, -Infinity, 1, 1, NaN, null, 1])).toEqual([0, 1, 2, 2, 3, 0, 0, 1, 1, 0]);
    // Each pair of calls is a step; the call that gathers leaves the count as it is.
    expect(run({ accumulate: 2 }, [NaN, 1, 1, NaN, 1, 1, 1])).toEqual([0, 1, 1, 2, 2, 0, 0]);

    const optimizer = create(SGD, [f32(1)], { nonFinite: 'skip', backend: name });
    optimizer.step([f32(NaN)]);
    expect(() => optimizer.step([f32(1, 2)])).toThrow('grads[0] has 2 elements');
    optimizer.pipeline.nonFinite = 'throw';
    expect(() => optimizer.step([f32(NaN)])).toThrow('grads[0] must be finite');
    optimizer.pipeline.nonFinite = 'skip';
    expect(optimizer.step([f32(NaN)]).skippedInARow).toBe(2);
    optimizer.pipeline.nonFinite = 'propagate';
    expect([1, 2, 3].map(() => optimizer.step([f32(1)]).skippedInARow)).toEqual([0, 0, 0]);
    optimizer.pipeline.nonFinite = 'skip';
    expect(optimizer.step([f32(NaN)]).skippedInARow).toBe(1);
  });

  test('gradients that become infinite by gradScale or by their sum are', () => {
    const options = { nonFinite: 'skip', gradScale: 1e10 };
    expect(norm([f32(1, 1e30, -1e30)], options).nonFinite).toEqual({ param: 0, index: 1, kind: 'infinity' });
    expect(norm([f64(1, 1e30, -1e300)], options).nonFinite).toEqual({ param: 0, index: 2, kind: 'infinity' });
    // In f32 the scale itself is rounded up, by which this one is too large, though the norm is not.
    const scale = 1 + 2 ** -24 + 2 ** -50;
    const large = (2 - 2 ** -22) * 2 ** 127;
    expect(scale * large).toBeLessThan((2 - 2 ** -23) * 2 ** 127);
    expect(Math.fround(Math.fround(scale) * large)).toBe(Infinity);
    expect(norm([f32(0, large)], { nonFinite: 'skip', gradScale: scale }).nonFinite).toEqual({
      param: 0,
      index: 1,
      kind: 'infinity',
    });
    const optimizer = create(SGD, [f32(0, 0)], { nonFinite: 'throw', backend: name });
    expectThrow(
      () => optimizer.step([[f32(0, 3e38)], [f32(0, 3e38)]]),
      RangeError,
      'ERR_NON_FINITE',
      'grads[0] must be finite, but its element 1 becomes Infinity',
    );
  });

  test('is not measured once an array that the step writes was detached', () => {
    const detached = {
      'params[0]': (_: AnyOptimizer, w: Float32Array) => w,
      'state[0].expAvg': ({ state }: AnyOptimizer) => state[0].expAvg as Float32Array,
      'averages[0]': ({ averages }: AnyOptimizer) => averages[0] as Float32Array,
    };
    for (const [label, arrayOf] of Object.entries(detached)) {
      const w = f32(1, 2);
      const optimizer = create(Adam, [w], { nonFinite: 'skip', ema: {}, backend: name });
      optimizer.step([f32(1, 1)]);
      const array = arrayOf(optimizer, w);
      structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
      // A norm that were measured would be NaN, and the step be skipped for that without a word about the array.
      const message = `${label} must have its memory, but its buffer was detached or transferred`;
      expectThrow(() => optimizer.step([f32(NaN, 1)]), TypeError, 'ERR_DETACHED', message);
    }
  });

  test('of NaN or infinity clips as PyTorch and Optax do: to NaN or to nothing', () => {
    const w = f32(1, 1);
    create(SGD, [w], { clipNorm: 1, backend: name }).step([f32(1, NaN)]);
    expect(w).toEqual(f32(NaN, NaN));
    const v = f32(1, 1);
    expect(create(SGD, [v], { clipNorm: 1, backend: name }).step([f32(1, Infinity)]).clipCoefficient).toBe(0);
    expect(v).toEqual(f32(1, NaN));
  });
});

describe.each(available)('%s: groups', (name) => {
  const grads = () => [f32(1, 2), f32(3), f64(4)];
  const params = () => [f32(1, 1), f32(1), f64(1)];

  test('each is as an optimizer of its own, with options changed and schedules midway', () => {
    const [together, apart] = [params(), params()];
    const optimizer = create(
      AdamW,
      [
        { params: together.slice(0, 1), lr: 0.1 },
        { params: together.slice(1), weightDecay: 0.3 },
      ],
      { lr: 0.01, weightDecay: 0.2, backend: name },
    );
    const first = create(AdamW, apart.slice(0, 1), { lr: 0.1, weightDecay: 0.2, backend: name });
    const second = create(AdamW, apart.slice(1), { lr: 0.01, weightDecay: 0.3, backend: name });
    for (let t = 0; t < 6; t++) {
      if (t === 2) {
        for (const group of [optimizer.groups[0], first.groups[0]]) group.lr = 0.5;
        for (const group of [optimizer.groups[1], second.groups[0]]) {
          group.lr = (step: number) => 1 / (2 + step);
          group.weightDecay = (step: number) => 0.1 * step;
          group.betas = (step: number) => [0.5, 1 - 1 / (2 + step)];
        }
        expect(optimizer.groups[1]).toMatchObject({ lr: 1 / 4, weightDecay: 0.2, betas: [0.5, 1 - 1 / 4] });
      }
      optimizer.step(grads());
      first.step(grads().slice(0, 1));
      second.step(grads().slice(1));
    }
    expect(together).toEqual(apart);
    expect(optimizer.state).toEqual([...first.state, ...second.state]);
  });

  test('a schedule counts the steps of the optimizer, and is asked once a step', () => {
    const asked: number[] = [];
    const lr = (step: number) => {
      asked.push(step);
      return 1;
    };
    const optimizer = create(NAdam, params(), { lr, backend: name, nonFinite: 'skip' });
    asked.length = 0;
    optimizer.step(grads());
    optimizer.step([null, null, null]);
    optimizer.step([f32(NaN, 1), null, null]);
    optimizer.step([null, f32(1), null]);
    optimizer.step(grads());
    expect(asked).toEqual([0, 1, 1, 1, 2]);
  });

  test.each([
    [AdamW, 'lr', 'a finite number >= 0', 1],
    [AdamW, 'weightDecay', 'a finite number >= 0', 0.5],
    [FTRL, 'lr', 'a finite number > 0', 1],
    [AdamW, 'betas', 'an array of two numbers', [0.5, 0.75]],
    [Adan, 'betas', 'an array of three numbers', [0.5, 0.75, 0.5]],
  ] as const)('a schedule that answers with a schedule: %o, %s', (Class, option, expected, value) => {
    const w = f32(1, 1);
    const message = (step: number) =>
      `${option} of step ${step} must be ${expected}, received a function: pass the schedule itself, such as ` +
      'schedules.cosine({ … }), not a function that returns a schedule';
    const wrapped = { [option]: () => () => value };
    expectThrow(() => create(Class, [w], { ...wrapped, backend: name }), TypeError, 'ERR_INVALID_OPTION', message(0));
    const optimizer = create(Class, [w], { backend: name });
    expectThrow(
      () => optimizer.addGroup({ params: [f32(1)], ...wrapped }),
      TypeError,
      'ERR_INVALID_OPTION',
      message(0),
    );
    optimizer.step([f32(1, 1)]);
    Object.assign(optimizer.groups[0], { [option]: wrapped[option] });
    const before = structuredClone([w, optimizer.state]);
    expectThrow(() => optimizer.step([f32(1, 1)]), TypeError, 'ERR_INVALID_OPTION', message(1));
    expectThrow(() => Object.values(optimizer.groups[0]), TypeError, 'ERR_INVALID_OPTION', message(1));
    expect([w, optimizer.state]).toEqual(before);
    Object.assign(optimizer.groups[0], { [option]: () => value });
    expect(optimizer.step([f32(1, 1)])).toMatchObject({ stepped: true, step: 2 });
  });

  test('a group that is added keeps the state of the others', () => {
    const [w, v] = [f32(1, 1), f32(1, 1)];
    const b = f64(1, 2, 3);
    const options = { momentum: 0.9, ema: { decay: 0.5 }, backend: name };
    const [optimizer, plain] = [create(SGD, [w], options), create(SGD, [v], options)];
    for (const each of [optimizer, plain]) each.step([f32(1, 2)]);
    const { momentumBuffer } = optimizer.state[0];
    optimizer.addGroup({ params: [b], lr: 0.5 });
    expect(optimizer.state[0].momentumBuffer).toBe(momentumBuffer);
    expect(optimizer.state.map(({ step }) => step)).toEqual([1, 0]);
    optimizer.step([f32(3, 4), f64(1, 1, 1)]);
    plain.step([f32(3, 4)]);
    expect([w, optimizer.averages[0], optimizer.state[0]]).toEqual([v, plain.averages[0], plain.state[0]]);
    expect(b).toEqual(f64(0.5, 1.5, 2.5));
    expect(optimizer.averages[1]).toEqual(b);
    expect(optimizer.groups.length).toBe(2);
  });

  test('a group that cannot be added changes nothing', () => {
    const w = f32(1, 1);
    const optimizer = create(AdamW, { w }, { backend: name });
    optimizer.step({ w: f32(1, 2) });
    const before = structuredClone([w, optimizer.state, numbersOf(optimizer)]);
    const refused = [
      [
        { params: { w: f32(1) } },
        RangeError,
        'ERR_INVALID_PARAMS',
        'params.w must be in one group only, but is in several',
      ],
      [
        { params: { b: w.subarray(1) } },
        RangeError,
        'ERR_OVERLAP',
        'params.b must have memory of its own, but shares some with params.w',
      ],
      [
        { params: [f32(1)] },
        TypeError,
        'ERR_INVALID_PARAMS',
        'params of every group must be a record like those of the first',
      ],
      [{ params: {} }, TypeError, 'ERR_INVALID_PARAMS', 'params must hold at least one array, received none'],
      [
        { params: { b: f32(1) }, lr: -1 },
        RangeError,
        'ERR_INVALID_OPTION',
        'lr must be a finite number >= 0, received -1',
      ],
      [
        { params: { b: f32(1) }, lr: () => NaN },
        RangeError,
        'ERR_INVALID_OPTION',
        'lr of step 0 must be a finite number >= 0, received NaN',
      ],
      [
        { params: { b: f32(1) }, weightDecoy: 1 },
        TypeError,
        'ERR_INVALID_OPTION',
        "unknown option 'weightDecoy': did you mean 'weightDecay'?",
      ],
    ] as const;
    for (const [group, Class, code, message] of refused) {
      expectThrow(() => optimizer.addGroup(group), Class, code, message);
      expect([w, optimizer.state, numbersOf(optimizer)]).toEqual(before);
    }
    const gathering = create(SGD, [f32(1)], { accumulate: 2, backend: name });
    gathering.step([f32(1)]);
    const message =
      'addGroup must be called while no gathered gradients wait for their step (calls gathered: 1): call flush() or drop() first';
    expectThrow(() => gathering.addGroup({ params: [f32(1)] }), TypeError, 'ERR_MODE', message);
    gathering.drop();
    gathering.addGroup({ params: [f32(1)] });
    expectThrow(
      () => create(SGD, [{ params: { w } }, { params: { w: f32(1) } }], {}),
      RangeError,
      'ERR_INVALID_PARAMS',
      'params.w must be in one group only, but is in several',
    );
  });
});

describe.each(available)('%s: gathering', (name) => {
  const options = { lr: 0.1, weightDecay: 0.1, backend: name };
  const given = [f32(0.1, -0.2, 0.3), f32(0.7, 0.5, -0.9), f32(1e-3, 4, 5)];
  const sumOf = (...grads: Float32Array[]) => grads.reduce((sum, grad) => sum.map((value, i) => value + grad[i]));
  const train = (calls: readonly unknown[], more: object, count = 2) => {
    const params = [f32(1, 2, 3), f32(4, 5, 6)].slice(0, count);
    const optimizer = create(AdamW, params, { ...options, ...more });
    const reports = calls.map((grads) => ({ ...optimizer.step(grads) }));
    return { params, state: optimizer.state, reports };
  };

  test.each(['mean', 'sum'] as const)('n calls are one step with the %s', (accumulateMode) => {
    const [a, b, c] = given;
    const { reports, ...gathered } = train(
      [
        [a, b],
        [b, c],
        [c, a],
        [a, a],
        [b, b],
        [c, c],
      ],
      { accumulate: 3, accumulateMode },
    );
    const gradScale = accumulateMode === 'mean' ? 1 / 3 : 1;
    const whole = train(
      [
        [sumOf(a, b, c), sumOf(b, c, a)],
        [sumOf(a, b, c), sumOf(a, b, c)],
      ],
      { gradScale },
    );
    expect(gathered).toEqual({ params: whole.params, state: whole.state });
    expect(reports.map(({ stepped, step }) => [stepped, step])).toEqual([
      [false, 0],
      [false, 0],
      [true, 1],
      [false, 1],
      [false, 1],
      [true, 2],
    ]);
  });

  test('null gradients in some calls, in all, and in the last', () => {
    const [a, b, c] = given;
    const { reports, ...gathered } = train(
      [
        [a, null],
        [null, null],
        [b, c],
        [a, null],
        [b, null],
        [null, null],
      ],
      { accumulate: 3 },
    );
    const whole = train(
      [
        [sumOf(a, b), c],
        [sumOf(a, b), null],
      ],
      { gradScale: 1 / 3 },
    );
    expect(gathered).toEqual({ params: whole.params, state: whole.state });
    expect(reports.map(({ skipped }) => skipped)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test('a step of which nothing was gathered has the gradients of its last call alone', () => {
    const [a, b, c] = given;
    const { params } = train([[a], [b], [null], [c]], { accumulate: 2, accumulateMode: 'sum' }, 1);
    expect(params).toEqual(train([[sumOf(a, b)], [c]], {}, 1).params);
  });

  test('several gradients in each call', () => {
    const [a, b, c] = given;
    const { params } = train(
      [
        [[a], [b]],
        [[c], [a]],
      ],
      { accumulate: 2 },
      1,
    );
    expect(params).toEqual(train([[sumOf(a, b, c, a)]], { gradScale: 1 / 4 }, 1).params);
    const message =
      'grads must be 2 for one step as in the calls before, received 1: call flush() or drop() first to give another number';
    expect(() => train([[[a], [b]], [c]], { accumulate: 2 }, 1)).toThrow(message);
  });

  test('what was gathered is given up with a step that is skipped or refused as not finite', () => {
    const [a, b, c] = given;
    const more = { accumulate: 2, nonFinite: 'skip' };
    const { params, reports } = train([[f32(NaN, 0, 0)], [b], [a], [c]], more, 1);
    expect(params).toEqual(train([[a], [c]], more, 1).params);
    expect(reports[1]).toMatchObject({ stepped: false, step: 0, nonFinite: { param: 0, index: 0 } });
    expect(reports[3]).toMatchObject({ stepped: true, step: 1, nonFinite: null });
    const w = f32(1, 2, 3);
    const throwing = create(AdamW, [w], { ...options, accumulate: 2, nonFinite: 'throw' });
    throwing.step([f32(1, Infinity, 0)]);
    const message = 'grads[0] must be finite, but its element 1 becomes Infinity';
    expectThrow(() => throwing.step([b]), RangeError, 'ERR_NON_FINITE', message);
    expect(w).toEqual(f32(1, 2, 3));
    throwing.step([a]);
    expect(throwing.step([c])).toMatchObject({ stepped: true, step: 1 });
    expect([w]).toEqual(params);
  });

  test('gradients are set to zero once used, also those that share memory', () => {
    for (const more of [{}, { accumulate: 2 }, { clipNorm: 1 }, { nonFinite: 'skip' }]) {
      const memory = f32(1, 2, 3, 4);
      const params = [f32(1, 1, 1), f32(1, 1)];
      const plain = [f32(1, 1, 1), f32(1, 1)];
      const [optimizer, reference] = [
        create(SGD, params, { ...options, ...more, zeroGrad: true }),
        create(SGD, plain, { ...options, ...more }),
      ];
      for (let call = 0; call < 2; call++) {
        memory.set([1, 2, 3, 4]);
        optimizer.step([memory.subarray(0, 3), memory.subarray(2)]);
        expect(memory).toEqual(f32(0, 0, 0, 0));
        reference.step([f32(1, 2, 3), f32(3, 4)]);
      }
      expect(params).toEqual(plain);
    }
    const shared = f32(1, 2);
    const w = f32(0, 0);
    create(SGD, [w], { lr: 1, zeroGrad: true, backend: name }).step([[shared], [shared]]);
    expect([w, shared]).toEqual([f32(-1, -2), f32(0, 0)]);
    const skipped = f32(1, NaN);
    create(SGD, [w], { zeroGrad: true, nonFinite: 'skip', backend: name }).step([skipped]);
    expect(skipped).toEqual(f32(0, 0));
  });

  test('steps without gradients use as many as were bound last, whatever was refused since', () => {
    const [a, b] = given;
    const w = f32(0, 0, 0);
    const optimizer = create(SGD, [w], { lr: 1, backend: name });
    optimizer.bindGrads([[a], [b]]);
    expect(() => optimizer.step([f32(1)])).toThrow('grads[0] has 1 elements');
    optimizer.step();
    expect(w).toEqual(sumOf(a, b).map((value) => -Math.fround(0.5 * value)));
    w.fill(0);
    optimizer.step([a]);
    expect(() => optimizer.step([[a], [f32(1)]])).toThrow('grads[0] has 1 elements');
    optimizer.step();
    expect(w).toEqual(a.map((value) => -2 * value));
    const message = 'grads must be at most 1000 for one step, received 1001';
    expectThrow(
      () => optimizer.step(Array.from({ length: 1001 }, () => [a])),
      RangeError,
      'ERR_INVALID_GRADS',
      message,
    );
    optimizer.step(Array.from({ length: 1000 }, () => [f32(1, 1, 1)]));
  });
});

describe.each(available)('%s: averages', (name) => {
  const steps = 40;
  /** The weights after each step, and the average after the last, of one element each. */
  function run(options: object) {
    const w = f64(1, -2, 3);
    const optimizer = create(SGD, [w], { lr: 0.5, ...options, backend: name });
    const random = new Random(9);
    const path: number[][] = [];
    for (let t = 1; t <= steps; t++) {
      optimizer.step([w.map(() => random.unit())]);
      path.push([...w]);
    }
    return { path, average: [...optimizer.averages[0]] };
  }
  /** Weights of a mean, normalized. */
  function mean(path: readonly number[][], shares: readonly number[]) {
    const total = shares.reduce((sum, share) => sum + share, 0);
    return [0, 1, 2].map((k) => path.reduce((sum, w, t) => sum + (shares[t] / total) * w[k], 0));
  }
  const near = (actual: readonly number[], expected: readonly number[]) => {
    for (const [k, value] of expected.entries()) expect(actual[k]).toBeCloseTo(value, 12);
  };
  const warm = (decay: number) => (t: number) => Math.min(decay, (1 + t) / (10 + t));
  const product = (kept: (t: number) => number, after: number) => {
    let result = 1;
    for (let t = after + 1; t <= steps; t++) result *= kept(t);
    return result;
  };

  test.each([
    ['ema', { decay: 0.9 }, () => 0.9],
    ['ema with warm-up', { decay: 0.6, warmup: true }, warm(0.6)],
    ['ema with warm-up that does not end', { decay: 0.9999, warmup: true }, warm(0.9999)],
  ] as const)('%s', (_, ema, kept) => {
    const { path, average } = run({ ema });
    // The first weights are what it starts with.
    near(
      average,
      mean(
        path,
        path.map((_, t) => (t === 0 ? 1 : 1 - kept(t + 1)) * product(kept, t + 1)),
      ),
    );
    const debiased = run({ ema: { ...ema, debias: true } });
    near(
      debiased.average,
      mean(
        path,
        path.map((_, t) => (1 - kept(t + 1)) * product(kept, t + 1)),
      ),
    );
  });

  // After a warm-up of one step or eight, what is left of its product shows in every further average. After a warm-up of
  // thousands of steps it is far below the last bit.
  test.each([0.15, 0.2, 0.25, 0.3, 0.45, 0.5, 0.6])(
    'ema with warm-up and debias, past the end of the warm-up: decay %d',
    (decay) => {
      const w = f64(1, -2, 3);
      const optimizer = create(SGD, [w], { lr: 0.5, ema: { decay, warmup: true, debias: true }, backend: name });
      const random = new Random(9);
      const sum = [0, 0, 0];
      let kept = 1; // of nothing: the product of all decays so far
      for (let t = 1; t <= steps; t++) {
        optimizer.step([w.map(() => random.unit())]);
        const share = warm(decay)(t);
        kept *= share;
        for (const [k, value] of w.entries()) sum[k] = share * sum[k] + (1 - share) * value;
        for (const [k, value] of optimizer.averages[0].entries()) {
          const expected = sum[k] / (1 - kept);
          expect(Math.abs(value - expected), `step ${t}, element ${k}`).toBeLessThan(1e-14 * Math.abs(sum[k]) + 1e-14);
        }
      }
    },
  );

  test('decay 0 and 1', () => {
    for (const debias of [false, true]) {
      const last = run({ ema: { decay: 0, debias } });
      expect(last.average).toEqual(last.path[steps - 1]);
      const first = run({ ema: { decay: 1, debias } });
      expect(first.average).toEqual(first.path[0]);
    }
  });

  test('swa', () => {
    const all = run({ swa: {} });
    near(
      all.average,
      mean(
        all.path,
        all.path.map(() => 1),
      ),
    );
    const some = run({ swa: { start: 5, every: 4 } });
    near(
      some.average,
      mean(
        some.path,
        some.path.map((_, t) => (t >= 4 && t % 4 === 0 ? 1 : 0)),
      ),
    );
  });

  test('a parameter without a gradient keeps its average, and counts its own steps', () => {
    const [w, b] = [f32(0), f32(0)];
    const optimizer = create(SGD, [w, b], { lr: 1, swa: {}, backend: name });
    optimizer.step([f32(-2), null]);
    optimizer.step([f32(-2), f32(-8)]);
    expect(optimizer.averages).toEqual([f32(3), f32(8)]);
  });

  test('swapped twice is as it was, to the bit; what has no average yet stays', () => {
    const [w, b] = [f32(0.1, -0, 3), f64(1)];
    const optimizer = create(AdamW, [w, b], { ema: { decay: 0.5 }, backend: name });
    for (let t = 0; t < 3; t++) optimizer.step([f32(1, 0, t), null]);
    const before = [w, b, ...optimizer.averages].map((array) => copy(array));
    optimizer.swapAverages();
    expectSame([w, b, ...optimizer.averages], [before[2], before[1], before[0], before[3]]);
    optimizer.swapAverages();
    expectSame([w, b, ...optimizer.averages], before);

    const late = create(SGD, [w], { swa: { start: 3 }, backend: name });
    late.step([f32(1, 1, 1)]);
    const weights = copy(w);
    late.swapAverages();
    expect(w).toEqual(weights);
  });

  test('that are not kept, or are detached', () => {
    const plain = create(SGD, [f32(1)], { backend: name });
    const message = 'averages are kept by optimizers with the option ema or swa only';
    expectThrow(() => plain.averages, TypeError, 'ERR_MODE', message);
    expectThrow(() => plain.swapAverages(), TypeError, 'ERR_MODE', message);
    const w = f32(1);
    const optimizer = create(SGD, [w], { ema: {}, backend: name });
    const [{ buffer }] = optimizer.averages;
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    const detached = 'averages[0] must have its memory, but its buffer was detached or transferred';
    expectThrow(() => optimizer.step([f32(1)]), TypeError, 'ERR_DETACHED', detached);
    expectThrow(() => optimizer.swapAverages(), TypeError, 'ERR_DETACHED', detached);
    expect(w).toEqual(f32(1));
  });
});

describe('options', () => {
  const positive = (option: string, most: string) =>
    [0, -1, NaN, '1', null].map((value) => {
      const shown = typeof value === 'string' ? `'${value}'` : String(value);
      return [{ [option]: value }, `${option} must be a ${most} > 0, received ${shown}`] as const;
    });
  const whole = (option: string) => [
    [{ [option]: 0 }, `${option} must be an integer >= 1, received 0`] as const,
    [{ [option]: 1.5 }, `${option} must be an integer >= 1, received 1.5`] as const,
    [{ [option]: '2' }, `${option} must be an integer >= 1, received '2'`] as const,
  ];
  const invalid: readonly (readonly [object, string])[] = [
    ...positive('gradScale', 'finite number'),
    [{ gradScale: Infinity }, 'gradScale must be a finite number > 0, received Infinity'],
    ...positive('clipNorm', 'number'),
    ...positive('clipTensorNorm', 'number'),
    ...positive('clipValue', 'number'),
    ...whole('accumulate'),
    [{ clipNormForm: 'keras' }, "clipNormForm must be one of 'torch', 'optax', received 'keras'"],
    [{ nonFinite: 'ignore' }, "nonFinite must be one of 'propagate', 'skip', 'throw', received 'ignore'"],
    [{ nonFinite: true }, "nonFinite must be one of 'propagate', 'skip', 'throw', received true"],
    [{ zeroGrad: 1 }, 'zeroGrad must be true or false, received 1'],
    [{ accumulateMode: 'max' }, "accumulateMode must be one of 'mean', 'sum', received 'max'"],
    [{ ema: 0.9 }, 'ema must be an object or null, received 0.9: did you mean ema: { decay: 0.9 }?'],
    [{ ema: { decay: 1.5 } }, 'ema.decay must be a number >= 0 and <= 1, received 1.5'],
    [{ ema: { decay: '0.9' } }, "ema.decay must be a number >= 0 and <= 1, received '0.9'"],
    [{ ema: { warmup: 1 } }, 'ema.warmup must be true or false, received 1'],
    [{ ema: { debias: null } }, 'ema.debias must be true or false, received null'],
    [{ ema: { decoy: 0.9 } }, "unknown option 'decoy': did you mean 'decay'?"],
    [{ swa: [] }, 'swa must be an object or null, received an array'],
    [{ swa: { start: 0 } }, 'swa.start must be an integer >= 1, received 0'],
    [{ swa: { every: -1 } }, 'swa.every must be an integer >= 1, received -1'],
    [{ ema: {}, swa: {} }, 'ema and swa must not both be given: there is one average of the weights'],
    [{ clipNrom: 1 }, "unknown option 'clipNrom': did you mean 'clipNorm'?"],
  ];

  test.each(invalid)('%o', (options, message) => {
    const error = thrown(() => create(AdamW, [f32(1)], options));
    expect([error.message, error]).toMatchObject([message, { code: 'ERR_INVALID_OPTION' }]);
    const { pipeline } = create(AdamW, [f32(1)], {});
    const [[name, value], ...more] = Object.entries(options);
    if (more.length > 0 || message.startsWith('unknown')) return;
    const before = { ...pipeline };
    expect(thrown(() => Object.assign(pipeline, { [name]: value })).message).toBe(message);
    expect({ ...pipeline }).toEqual(before);
  });

  test('what is fixed stays', () => {
    const { pipeline } = create(AdamW, [f32(1)], { accumulate: 2 });
    const averaged = new SGD([new Float32Array(1)], { ema: { decay: 0.5 } }).pipeline;
    averaged.ema = { decay: 0.5 }; // as it is
    expect(() => (averaged.ema = { decay: 0.6 })).toThrow('ema must stay an object as the optimizer was made');
    expect(() => (pipeline.accumulate = 3)).toThrow('accumulate must stay 2 as the optimizer was made, received 3');
    expect(() => Object.assign(pipeline, { ema: {} })).toThrow(
      'ema must stay null as the optimizer was made, received an object',
    );
    pipeline.accumulate = 2;
    pipeline.clipNorm = 3;
    expect({ ...pipeline }).toMatchObject({ accumulate: 2, clipNorm: 3, ema: null });
  });
});

describe('calls from code that runs within a call', () => {
  test('addGroup in a getter of its own params', () => {
    const [a, b, c] = [f32(0), f32(0), f32(0)];
    const sgd = new SGD({ a }, { lr: 1 });
    const group = {
      params: {
        get b() {
          sgd.addGroup({ params: { c } });
          return b;
        },
      },
    };
    expect(thrown(() => sgd.addGroup(group))).toMatchObject({ code: 'ERR_MODE' });
    expect(sgd.groups.length).toBe(1);
    sgd.addGroup({ params: { b } });
    sgd.step({ a: f32(1), b: f32(2) } as never);
    expect([a[0], b[0], c[0]]).toEqual([-1, -2, 0]);
  });

  test('step in a getter of one of several gradients', () => {
    const w = f32(0);
    const sgd = new SGD({ w }, { lr: 1 });
    const second = {
      get w() {
        sgd.step({ w: f32(100) });
        return f32(1);
      },
    };
    expect(thrown(() => sgd.step([{ w: f32(1) }, second]))).toMatchObject({ code: 'ERR_INVALID_GRADS' });
    expect(w[0]).toBe(0);
  });

  test('step in a getter that has changed the mode to and fro', () => {
    const params = { a: f32(0), b: f32(0) };
    const sgd = new ScheduleFreeSGD(params, { lr: 1 });
    sgd.step({ a: f32(1), b: f32(1) });
    const before = [params.a[0], params.b[0]];
    for (const again of [() => sgd.step({ a: f32(1000), b: f32(0) }), () => sgd.addGroup({ params: { c: f32(0) } })]) {
      const grads = {
        a: f32(1),
        get b() {
          sgd.eval();
          sgd.train();
          again();
          return f32(1);
        },
      };
      expect(() => sgd.step(grads)).toThrow();
      expect(sgd.groups.length).toBe(1);
    }
    expect(params.a[0]).toBeCloseTo(before[0], 6);
    expect(params.b[0]).toBeCloseTo(before[1], 6);
  });

  test('a schedule that reads itself, or steps while it is read', () => {
    const w = f32(0);
    const sgd: SGD<readonly Float32Array[]> = new SGD([w], { lr: 1 });
    sgd.groups[0].lr = () => sgd.groups[0].lr;
    expect(thrown(() => sgd.groups[0].lr)).toMatchObject({ code: 'ERR_MODE' });
    expect(thrown(() => sgd.step([f32(1)]))).toMatchObject({ code: 'ERR_MODE' });
    sgd.groups[0].lr = () => {
      sgd.step([f32(1)]);
      return 1;
    };
    expect(thrown(() => sgd.groups[0].lr)).toMatchObject({ code: 'ERR_MODE' });
    sgd.groups[0].lr = (step) => 1 + step + sgd.groups[0].weightDecay; // another option, which is a number
    expect(sgd.groups[0].lr).toBe(1);
    expect(w[0]).toBe(0);
  });

  test.each(available)('%s: dispose in a schedule, in a getter of grads, and in one of several gradients', (name) => {
    const during = (act: () => void) => ({
      get w() {
        act();
        return f32(1, 1);
      },
    });
    const ways: Readonly<Record<string, (optimizer: AnyOptimizer, act: () => void) => unknown>> = {
      schedule: (optimizer, act) => {
        optimizer.groups[0].lr = () => {
          act();
          return 0.1;
        };
        return { w: f32(1, 1) };
      },
      grads: (_, act) => during(act),
      several: (_, act) => [{ w: f32(1, 1) }, during(act)],
    };
    for (const [way, gradsOf] of Object.entries(ways)) {
      for (const options of [{}, { accumulate: 2 }, { accumulate: 3 }]) {
        const w = f32(1, 2);
        const optimizer = create(Adam, { w }, { ...options, ema: {}, backend: name });
        const { state, averages } = optimizer;
        optimizer.step({ w: f32(1, 1) });
        const before = structuredClone([w, state, averages]);
        let isDisposing = false;
        const grads = gradsOf(optimizer, () => {
          if (isDisposing) optimizer.dispose();
        });
        isDisposing = true;
        const message = 'Adam was disposed and can no longer be used';
        expectThrow(() => optimizer.step(grads), TypeError, 'ERR_DISPOSED', message);
        expect([w, state, averages], `${way} ${JSON.stringify(options)}`).toEqual(before);
      }
    }
    const optimizer = create(Adam, { w: f32(1, 2) }, { backend: name });
    const grads = during(() => optimizer.dispose());
    const message = 'Adam was disposed and can no longer be used';
    expectThrow(() => optimizer.bindGrads(grads), TypeError, 'ERR_DISPOSED', message);
  });

  test('eval in a schedule', () => {
    const w = f32(1);
    const adamw = new ScheduleFreeAdamW([w], {
      lr: (step) => {
        if (step > 0) adamw.eval();
        return 0.1;
      },
    });
    adamw.step([f32(1)]);
    const before = w[0];
    expect(thrown(() => adamw.eval())).toMatchObject({ code: 'ERR_MODE' });
    expect([adamw.mode, w[0]]).toEqual(['train', before]);
  });
});

test('a scale that no f32 can hold makes gradients that are not finite', () => {
  const w = f32(5, 5);
  const sgd = new SGD({ w }, { lr: 1, gradScale: 1e39, nonFinite: 'skip' });
  expect(sgd.step({ w: f32(0, 1e-20) })).toMatchObject({ stepped: false, nonFinite: { param: 'w', index: 0 } });
  expect([...w]).toEqual([5, 5]);
});
