// Schedules against the systems that they equal, and what they promise: pure, the same bits everywhere, hard to misuse.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Adam, ReduceOnPlateau, type Schedule, SGD, schedules } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { drawSchedules } from '../examples/schedules/chart.js';
import { panels } from '../examples/schedules/gallery.js';
import { Random } from './random.js';
import { build, type Call, casesOf, doubles, plateauFile, systems } from './schedules.js';

const { chain, constant, cosine, cosineRestarts, cyclic, delay, exponential, inverseSqrt, join, linear } = schedules;
const { multiStep, oneCycle, piecewise, polynomial, step, warmup, wsd } = schedules;

const recorded = systems.flatMap((system) => casesOf(system).map((each) => ({ ...each, system })));

describe.each(recorded)('$system $name', ({ schedule, values, closedForm }) => {
  test.each(
    Object.entries({ values, closedForm }).flatMap(([name, data]) => (data === undefined ? [] : [[name, data]])),
  )('%s', (_, data) => {
    expectEqual(build(schedule), doubles(data));
  });
});

/**
 * Both sides round in f64, and PyTorch's lr is the product of all steps so far: measured are up to 7.7e-16 of the largest
 * value and 5.7e-13 of the value itself, where a cosine has cancelled most of it.
 */
function expectEqual(schedule: Schedule, expected: readonly number[]): void {
  const largest = Math.max(...expected);
  expected.forEach((value, step) => {
    const distance = Math.abs(schedule(step) - value);
    expect(distance, `step ${step}: ${schedule(step)} instead of ${value}`).toBeLessThanOrEqual(
      Math.min(1e-15 * largest, 1e-12 * value),
    );
  });
}

describe('nothing is left out', () => {
  const names = Object.keys(schedules).sort();

  test('of the recordings', () => {
    const called = new Set(recorded.flatMap(({ schedule }) => namesIn(schedule)));
    expect([...called].sort()).toEqual(names);
  });

  test('of the gallery', () => {
    expect(panels.map(({ name }) => name).sort()).toEqual([...names, 'ReduceOnPlateau'].sort());
  });

  test.each(names)('docs/schedules.md tells of %s', (name) => {
    const page = readFileSync(new URL('../docs/schedules.md', import.meta.url), 'utf8');
    expect(page).toContain(`\`${name}\``);
  });
});

function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'call' in value ? [(value as Call).call] : [];
  return [...own, ...Object.values(value).flatMap(namesIn)];
}

test('docs/schedules.svg is what npm run schedules draws', () => {
  const drawn = readFileSync(new URL('../docs/schedules.svg', import.meta.url), 'utf8');
  expect(drawSchedules() === drawn, 'out of date: run npm run schedules').toBe(true);
});

/** Constants, and functions that IEEE 754 or ECMAScript defines to the bit. */
const exactMath = ['PI', 'LN2', 'SQRT2', 'abs', 'ceil', 'floor', 'max', 'min', 'round', 'sqrt'].map(
  (name) => `Math.${name}`,
);

describe('functions of the step', () => {
  test.each(recorded)('$system $name: asked in any order', ({ schedule }) => {
    const random = new Random(5);
    const inOrder = Array.from({ length: 300 }, (_, at) => at).map(build(schedule));
    const again = build(schedule);
    for (let i = 0; i < 600; i++) {
      const at = random.below(300);
      expect(again(at)).toBe(inOrder[at]);
    }
  });

  test('the same bits from every engine', () => {
    const values = recorded.flatMap(({ schedule }) => Array.from({ length: 1000 }, (_, at) => at).map(build(schedule)));
    const digest = createHash('sha256').update(Float64Array.from(values)).digest('hex');
    expect(digest).toBe('b6ec46a080b946c0a0009c1467a733e806807dbc6ca05e0d2d6cbdb7259bd82f');
  });

  test('nothing of Math in which engines differ', () => {
    const lib = new URL('../lib/', import.meta.url);
    const files = readdirSync(new URL('schedules/', lib)).map((file) => `schedules/${file}`);
    const used = [...files, 'elementary.ts', 'powers.ts', 'trigonometry.ts'].flatMap((file) => {
      const code = readFileSync(new URL(file, lib), 'utf8').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
      return [...code.matchAll(/Math\.\w+/g)].map(([name]) => name);
    });
    expect([...new Set(used)].filter((name) => !exactMath.includes(name))).toEqual([]);
  });

  test('options and lists that change later change nothing', () => {
    const options = { from: 1, steps: 10 };
    const points: [number, number][] = [
      [0, 1],
      [5, 3],
    ];
    const parts = [constant(1), constant(2)];
    const made = [linear(options), piecewise({ points }), join(parts, [5]), chain(parts)];
    const before = made.map((schedule) => schedule(5));
    options.from = 9;
    points[1][1] = 9;
    parts[1] = constant(9);
    expect(made.map((schedule) => schedule(5))).toEqual(before);
  });
});

describe('after the end the last value stays', () => {
  test.each<readonly [name: string, schedule: Schedule, end: number, last: number]>([
    ['linear', linear({ from: 0.3, to: 0.1, steps: 7 }), 7, 0.1],
    ['polynomial', polynomial({ from: 0.3, to: 0.1, steps: 7, power: 0.7 }), 7, 0.1],
    ['cosine', cosine({ from: 0.3, to: 0.1, steps: 7 }), 7, 0.1],
    ['cosine of a wave', cosine({ from: 0.3, to: 0.1, steps: 7, cycles: 1 }), 7, 0.3],
    ['exponential', exponential({ from: 0.3, gamma: 0.5, to: 0.1 }), 2, 0.1],
    ['exponential, rising', exponential({ from: 0.1, gamma: 2, to: 0.3 }), 2, 0.3],
    ['multiStep', multiStep({ from: 0.5, milestones: [2, 7], gamma: 0.5 }), 7, 0.125],
    [
      'piecewise',
      piecewise({
        points: [
          [2, 0.3],
          [7, 0.1],
        ],
        interpolation: 'linear',
      }),
      7,
      0.1,
    ],
    ['cosineRestarts', cosineRestarts({ from: 0.3, to: 0.1, steps: 7, growth: 2, cycles: 2 }), 21, 0.1],
    ['oneCycle', oneCycle({ peak: 0.5, steps: 8, divFactor: 2, finalDivFactor: 2 }), 7, 0.125],
    ['wsd', wsd({ peak: 0.3, to: 0.1, warmupSteps: 2, stableSteps: 3, decaySteps: 2 }), 7, 0.1],
    ['warmup', warmup(linear({ from: 0.3, to: 0.1, steps: 4 }), { steps: 3 }), 7, 0.1],
    ['delay', delay(linear({ from: 0.3, to: 0.1, steps: 4 }), { steps: 3 }), 7, 0.1],
    ['join', join([constant(1), linear({ from: 0.3, to: 0.1, steps: 4 })], [3]), 7, 0.1],
  ])('%s', (_, schedule, end, last) => {
    expect(schedule(end - 1)).not.toBe(last);
    for (const at of [end, end + 1, end + 0.5, 1000, 2 ** 53]) expect(schedule(at)).toBe(last);
  });
});

describe('values between, exactly', () => {
  test.each<readonly [name: string, schedule: Schedule, expected: Readonly<Record<number, number>>]>([
    ['constant', constant(0.1), { 0: 0.1, 5: 0.1 }],
    ['linear', linear({ from: 8, steps: 8 }), { 0: 8, 1: 7, 2.5: 5.5, 7: 1 }],
    ['linear keeps its ends', linear({ from: 0.1, to: 1e-5, steps: 9 }), { 0: 0.1, 9: 1e-5 }],
    ['polynomial', polynomial({ from: 9, to: 1, steps: 4, power: 2 }), { 0: 9, 2: 3, 4: 1 }],
    ['cosine', cosine({ from: 1, steps: 10 }), { 0: 1, 5: 0.5, 10: 0 }],
    ['exponential', exponential({ from: 1, gamma: 0.25, steps: 2 }), { 0: 1, 1: 0.5, 2: 0.25, 4: 0.0625 }],
    ['inverseSqrt', inverseSqrt({ from: 1, timescale: 3 }), { 0: 1, 9: 0.5, 45: 0.25 }],
    ['step', step({ from: 1, stepSize: 3, gamma: 0.5 }), { 0: 1, 2: 1, 3: 0.5, 5: 0.5, 6: 0.25 }],
    ['multiStep', multiStep({ from: 1, milestones: [1, 4], gamma: 0.5 }), { 0: 1, 1: 0.5, 3: 0.5, 4: 0.25 }],
    [
      'piecewise',
      piecewise({
        points: [
          [2, 1],
          [4, 3],
        ],
      }),
      { 0: 1, 2: 1, 3: 1, 4: 3 },
    ],
    ['cosineRestarts', cosineRestarts({ from: 1, steps: 2, growth: 2 }), { 0: 1, 1: 0.5, 2: 1, 4: 0.5, 6: 1, 10: 0.5 }],
    ['cyclic', cyclic({ from: 1, peak: 3, stepsUp: 1, stepsDown: 2 }), { 0: 1, 1: 3, 2: 2, 3: 1, 4: 3 }],
    ['oneCycle of one step', oneCycle({ peak: 1, steps: 1, divFactor: 2, finalDivFactor: 2 }), { 0: 0.25, 1: 0.25 }],
    ['oneCycle that starts at its peak', oneCycle({ peak: 1, steps: 2, pctStart: 0.5 }), { 0: 1, 1: 1 / 25 / 10_000 }],
    ['warmup as in Optax', warmup(constant(1), { steps: 4 }), { 0: 0, 1: 0.25, 3: 0.75, 4: 1 }],
    ['warmup as in llm.c', warmup(constant(1), { steps: 4, offset: 1 }), { 0: 0.25, 2: 0.75, 3: 1, 4: 1 }],
    ['warmup of no step', warmup(linear({ from: 1, steps: 2 }), { steps: 0 }), { 0: 1, 1: 0.5 }],
    [
      'wsd of three steps',
      wsd({ peak: 1, warmupSteps: 0, stableSteps: 1, decaySteps: 2 }),
      { 0: 1, 1: 1, 2: 0.5, 3: 0 },
    ],
  ])('%s', (_, schedule, expected) => {
    for (const [at, value] of Object.entries(expected)) expect(schedule(Number(at)), `at ${at}`).toBe(value);
  });
});

describe('compositions', () => {
  const steps = Array.from({ length: 60 }, (_, at) => at);
  const counting: Schedule = (step) => 100 + step;

  test.each<readonly [name: string, schedule: Schedule, expected: Schedule]>([
    ['join', join([counting, counting, counting], [10, 30]), (t) => 100 + (t < 10 ? t : t < 30 ? t - 10 : t - 30)],
    ['join of one', join([counting], []), counting],
    ['join from 0 on', join([constant(7), counting], [0]), counting],
    ['chain', chain([counting, counting, constant(2)]), (t) => (100 + t) * (100 + t) * 2],
    ['delay', delay(counting, { steps: 5 }), (t) => 100 + Math.max(0, t - 5)],
    ['warmup', warmup(counting, { steps: 4, from: 20 }), (t) => (t < 4 ? 20 + 20 * t : 100 + t - 4)],
    [
      'warmup and cosine of llm.c',
      warmup(cosine({ from: 0.6, to: 0.06, steps: 40 }), { steps: 10, offset: 1 }),
      (t) =>
        t < 10 ? (0.6 * (t + 1)) / 10 : 0.06 + 0.54 * 0.5 * (1 + Math.cos((Math.PI * Math.min(t - 10, 40)) / 40)),
    ],
    [
      'warmup in a chain in a join',
      join([warmup(chain([counting, constant(2)]), { steps: 10 }), delay(counting, { steps: 3 })], [20]),
      (t) => (t < 10 ? 20 * t : t < 20 ? 2 * (100 + t - 10) : 100 + Math.max(0, t - 23)),
    ],
    [
      'wsd as a join',
      wsd({ peak: 0.3, to: 0.01, warmupSteps: 10, stableSteps: 20, decaySteps: 25 }),
      join(
        [linear({ from: 0, to: 0.3, steps: 10 }), constant(0.3), cosine({ from: 0.3, to: 0.01, steps: 25 })],
        [10, 30],
      ),
    ],
    ['a step as a multiStep', step({ from: 0.1, stepSize: 20 }), multiStep({ from: 0.1, milestones: [20, 40] })],
  ])('%s', (_, schedule, expected) => {
    for (const at of steps) expect(schedule(at), `step ${at}`).toBeCloseTo(expected(at), 12);
  });
});

type Invalid = readonly [message: string, make: () => unknown];

/** Whatever types allow. */
const bad = (value: unknown) => value as never;

/** What a function gets to hear that answers with a schedule instead of a value. */
const wrapped =
  'received a function: pass the schedule itself, such as schedules.cosine({ … }), not a function that returns a schedule';

const wrongTypes: readonly Invalid[] = [
  ["value must be a finite number >= 0, received '1'", () => constant(bad('1'))],
  ['options must be an object, received undefined', () => linear(bad(undefined))],
  ['from must be a finite number >= 0, received undefined', () => linear(bad({ steps: 5 }))],
  ['steps must be an integer >= 1, received undefined', () => linear(bad({ from: 1 }))],
  ["unknown option 'From': did you mean 'from'?", () => linear(bad({ From: 1, steps: 1 }))],
  ['from must be a finite number >= 0, received undefined', () => linear(bad({ from: undefined, steps: 1 }))],
  ['gamma must be a finite number > 0, received undefined', () => exponential(bad({ from: 1 }))],
  ['staircase must be true or false, received 1', () => exponential({ from: 1, gamma: 1, staircase: bad(1) })],
  ['milestones must be an array of at least one step, received an array', () => multiStep({ from: 1, milestones: [] })],
  ['milestones must be an array of at least one step, received 3', () => multiStep({ from: 1, milestones: bad(3) })],
  ["milestones[1] must be an integer >= 1, received '4'", () => multiStep({ from: 1, milestones: [3, bad('4')] })],
  [
    'milestones[0] must be an integer >= 1, received undefined',
    () => multiStep({ from: 1, milestones: bad(new Array(1)) }),
  ],
  [
    'points must be an array of at least one pair of step and value, received an array',
    () => piecewise({ points: [] }),
  ],
  ['points[0] must be a pair of step and value, received 1', () => piecewise({ points: [bad(1)] })],
  ['points[0] must be a pair of step and value, received an array', () => piecewise({ points: [bad([1])] })],
  ['peak must be a finite number >= 0, received undefined', () => oneCycle(bad({ steps: 9 }))],
  [
    'stableSteps must be an integer >= 0, received undefined',
    () => wsd(bad({ peak: 1, warmupSteps: 1, decaySteps: 1 })),
  ],
  ['schedule must be a function of the step, received 0.1', () => warmup(bad(0.1), { steps: 5 })],
  ['options must be an object, received undefined', () => warmup(constant(1), bad(undefined))],
  ['steps must be an integer >= 0, received undefined', () => warmup(constant(1), bad({}))],
  ['schedule must be a function of the step, received an object', () => delay(bad({}), { steps: 5 })],
  ['schedules must be an array of at least one schedule, received a function', () => join(bad(constant(1)), [])],
  ['schedules must be an array of at least one schedule, received an array', () => join([], [])],
  ['schedules[1] must be a function of the step, received 2', () => join([constant(1), bad(2)], [1])],
  ['boundaries must be an array of steps, received undefined', () => join([constant(1)], bad(undefined))],
  [
    'boundaries must be an array with one entry fewer than schedules, received an array',
    () => join([constant(1)], [1]),
  ],
  ['schedules must be an array of at least one schedule, received an array', () => chain([])],
  ["step must be a finite number >= 0, received '1'", () => linear({ from: 1, steps: 1 })(bad('1'))],
  [
    `schedule(0) must be a finite number >= 0, ${wrapped}`,
    () =>
      warmup(
        bad(() => constant(1)),
        { steps: 1 },
      ),
  ],
  [
    `schedule(4) must be a number, ${wrapped}`,
    () =>
      warmup(
        bad((step: number) => (step < 2 ? 1 : constant(1))),
        { steps: 1 },
      )(5),
  ],
  [
    `schedule(3) must be a number, ${wrapped}`,
    () =>
      delay(
        bad(() => constant(1)),
        { steps: 1 },
      )(4),
  ],
  [`schedules[1](2) must be a number, ${wrapped}`, () => join([constant(1), bad(() => constant(1))], [3])(5)],
  [`schedules[1](5) must be a number, ${wrapped}`, () => chain([constant(1), bad(() => constant(1))])(5)],
  ["schedules[0](5) must be a number, received '2'", () => chain([bad(() => '2'), constant(1)])(5)],
  ['schedules[0](5) must be a number, received null', () => chain([bad(() => null), constant(1)])(5)],
  [
    "schedule(0) must be a number, received '2'",
    () =>
      delay(
        bad(() => '2'),
        { steps: 1 },
      )(0),
  ],
  ['lr must be a number to be reduced, received NaN', () => new ReduceOnPlateau({ lr: NaN })],
  [
    'target must be an optimizer or an object with an lr, received undefined',
    () => new ReduceOnPlateau(bad(undefined)),
  ],
  ['target must be an optimizer or an object with an lr, received an object', () => new ReduceOnPlateau(bad({}))],
  ['lr must be a number to be reduced, received a function', () => new ReduceOnPlateau({ lr: constant(1) })],
  ["unknown option 'minlr': did you mean 'minLr'?", () => new ReduceOnPlateau({ lr: 1 }, bad({ minlr: 0 }))],
  ["metric must be a number, received '1'", () => new ReduceOnPlateau({ lr: 1 }).step(bad('1'))],
];

const wrongValues: readonly Invalid[] = [
  ['value must be a finite number >= 0, received -1', () => constant(-1)],
  ['schedules[0](5) must be a number, received NaN', () => join([() => NaN, constant(1)], [9])(5)],
  ['schedules[1](5) must be a number, received NaN', () => chain([constant(1), () => NaN])(5)],
  ['steps must be an integer >= 1, received 0', () => linear({ from: 1, steps: 0 })],
  ['steps must be an integer >= 1, received 1.5', () => linear({ from: 1, steps: 1.5 })],
  ['from must be a finite number >= 0, received Infinity', () => linear({ from: Infinity, steps: 1 })],
  ['to must be a finite number >= 0, received -1', () => linear({ from: 1, to: -1, steps: 1 })],
  ['power must be a finite number > 0, received 0', () => polynomial({ from: 1, steps: 1, power: 0 })],
  ['exponent must be a finite number > 0, received 0', () => cosine({ from: 1, steps: 1, exponent: 0 })],
  ['cycles must be a finite number > 0, received -1', () => cosine({ from: 1, steps: 1, cycles: -1 })],
  ['gamma must be a finite number > 0, received 0', () => exponential({ from: 1, gamma: 0 })],
  ['to must be a finite number >= 0, received NaN', () => exponential({ from: 1, gamma: 1, to: NaN })],
  ['timescale must be a finite number > 0, received 0', () => inverseSqrt({ from: 1, timescale: 0 })],
  ['stepSize must be an integer >= 1, received 0', () => step({ from: 1, stepSize: 0 })],
  ['milestones[0] must be an integer >= 1, received 0', () => multiStep({ from: 1, milestones: [0] })],
  [
    'milestones[1] must be more than milestones[0], which is 3, received 3',
    () => multiStep({ from: 1, milestones: [3, 3] }),
  ],
  ['points[0][0] must be an integer >= 0, received -1', () => piecewise({ points: [[-1, 1]] })],
  ['points[0][1] must be a finite number >= 0, received -1', () => piecewise({ points: [[0, -1]] })],
  [
    'points[1][0] must be more than points[0][0], which is 4, received 2',
    () =>
      piecewise({
        points: [
          [4, 1],
          [2, 1],
        ],
      }),
  ],
  [
    "interpolation must be one of 'constant', 'linear', 'cosine', received 'cubic'",
    () => piecewise({ points: [[0, 1]], interpolation: bad('cubic') }),
  ],
  ['steps must be a finite number > 0, received 0', () => cosineRestarts({ from: 1, steps: 0 })],
  ['growth must be an integer >= 1, received 1.5', () => cosineRestarts({ from: 1, steps: 1, growth: 1.5 })],
  ['cycles must be an integer >= 1, received 0', () => cosineRestarts({ from: 1, steps: 1, cycles: 0 })],
  ['stepsUp must be an integer >= 1, received 0', () => cyclic({ from: 0, peak: 1, stepsUp: 0 })],
  ['stepsDown must be an integer >= 1, received 0', () => cyclic({ from: 0, peak: 1, stepsDown: 0 })],
  [
    "mode must be one of 'triangular', 'triangular2', 'expRange', received 'exp_range'",
    () => cyclic({ from: 0, peak: 1, mode: bad('exp_range') }),
  ],
  ['pctStart must be a number >= 0 and <= 1, received 1.1', () => oneCycle({ peak: 1, steps: 9, pctStart: 1.1 })],
  [
    'pctStart must be <= 0.5 with threePhase, which goes down as long as up, received 0.6',
    () => oneCycle({ peak: 1, steps: 9, pctStart: 0.6, threePhase: true }),
  ],
  [
    "anneal must be one of 'cosine', 'linear', received 'cos'",
    () => oneCycle({ peak: 1, steps: 9, anneal: bad('cos') }),
  ],
  ['divFactor must be a finite number > 0, received 0', () => oneCycle({ peak: 1, steps: 9, divFactor: 0 })],
  [
    'decaySteps must be an integer >= 1, received 0',
    () => wsd({ peak: 1, warmupSteps: 1, stableSteps: 1, decaySteps: 0 }),
  ],
  [
    "decayShape must be one of 'linear', 'cosine', '1-sqrt', received 'exp'",
    () => wsd({ peak: 1, warmupSteps: 1, stableSteps: 1, decaySteps: 1, decayShape: bad('exp') }),
  ],
  ['offset must be one of 0, 1, received 2', () => warmup(constant(1), { steps: 1, offset: bad(2) })],
  ['schedule(0) must be a finite number >= 0, received NaN', () => warmup(() => NaN, { steps: 1 })],
  ['steps must be an integer >= 0, received -1', () => delay(constant(1), { steps: -1 })],
  ['boundaries[0] must be an integer >= 0, received -1', () => join([constant(1), constant(1)], [-1])],
  [
    'boundaries[1] must be more than boundaries[0], which is 5, received 4',
    () => join([constant(1), constant(1), constant(1)], [5, 4]),
  ],
  ['step must be a finite number >= 0, received -1', () => constant(1)(-1)],
  ['step must be a finite number >= 0, received Infinity', () => cosine({ from: 1, steps: 1 })(Infinity)],
  ['factor must be a number >= 0 and < 1, received 1', () => new ReduceOnPlateau({ lr: 1 }, { factor: 1 })],
  ['patience must be an integer >= 0, received -1', () => new ReduceOnPlateau({ lr: 1 }, { patience: -1 })],
  ["mode must be one of 'min', 'max', received 'low'", () => new ReduceOnPlateau({ lr: 1 }, { mode: bad('low') })],
];

describe.each([
  ['TypeError', TypeError, wrongTypes],
  ['RangeError', RangeError, wrongValues],
] as const)('%s', (_, Class, rows) => {
  test.each(rows)('%s', (message, make) => {
    let thrown: unknown;
    try {
      make();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Class);
    expect(thrown).toMatchObject({ code: 'ERR_INVALID_OPTION', message });
  });
});

describe('ReduceOnPlateau', () => {
  test('replaces the schedule of an optimizer by the reduced value of the next step', () => {
    const sgd = new SGD([new Float32Array(1)], { lr: (step) => 1 / (1 + step) });
    const plateau = new ReduceOnPlateau(sgd, { patience: 0, factor: 0.5 });
    sgd.step([new Float32Array(1)]);
    expect(plateau.step(1)).toBe(false);
    expect(sgd.groups[0].lr).toBe(0.5);
    expect(plateau.step(2)).toBe(true);
    sgd.step([new Float32Array(1)]);
    expect(sgd.groups[0].lr).toBe(0.25);
  });

  const { metrics, cases } = plateauFile();

  test.each(cases)('$name: lr is that of PyTorch', ({ options, lr, values }) => {
    const target = { lr };
    const plateau = new ReduceOnPlateau(target, { ...options, dialect: 'torch' });
    const lrs = doubles(metrics).map((metric) => {
      const before = target.lr;
      expect(plateau.step(metric)).toBe(target.lr !== before);
      return target.lr;
    });
    expect(lrs).toEqual(doubles(values));
    expect(new Set(lrs).size).toBeGreaterThan(2);
  });

  test('reduces the lr of an optimizer', () => {
    const adam = new Adam({ w: new Float32Array(4) }, { lr: 0.5 });
    const plateau = new ReduceOnPlateau(adam, { factor: 0.5, patience: 1 });
    expect([3, 3, 3].map((loss) => plateau.step(loss))).toEqual([false, false, true]);
    expect(adam.groups[0].lr).toBe(0.25);
  });

  test('reduces every group, as far as each one goes', () => {
    const target = { groups: [{ lr: 1 }, { lr: 0.1 }] };
    const plateau = new ReduceOnPlateau(target, { factor: 0.5, patience: 0, minLr: 0.1 });
    expect([1, 1].map((loss) => plateau.step(loss))).toEqual([false, true]);
    expect(target.groups).toEqual([{ lr: 0.5 }, { lr: 0.1 }]);
  });

  test('reduces a group that was added later, and its schedule', () => {
    const f32 = (value: number) => new Float32Array([value]);
    const sgd = new SGD([{ params: { w: f32(1) } }], { lr: 1 });
    const plateau = new ReduceOnPlateau(sgd, { patience: 0, factor: 0.5 });
    plateau.step(1);
    sgd.addGroup({ params: { b: f32(1) }, lr: 0.25 });
    sgd.addGroup({ params: { c: f32(1) }, lr: (step) => 8 / (1 + step) });
    expect([2, 2].map((loss) => plateau.step(loss))).toEqual([true, true]);
    expect(sgd.groups.map(({ lr }) => lr)).toEqual([0.25, 0.0625, 2]);
  });

  test('a group that was added later and has no lr is refused, and changes nothing', () => {
    const target: { groups: { lr: number | Schedule }[] } = { groups: [{ lr: 1 }] };
    const plateau = new ReduceOnPlateau(target, { patience: 0, factor: 0.5 });
    plateau.step(1);
    for (const lr of [constant(1), NaN]) {
      target.groups[1] = { lr };
      expect(() => plateau.step(2)).toThrow('lr must be a number to be reduced, received');
      expect([target.groups[0].lr, plateau.state]).toEqual([1, { best: 1, badSteps: 0, cooldown: 0 }]);
    }
  });

  // PyTorch: a < best · (1 − threshold), in mode 'max' a > best · (1 + threshold), whatever the sign of best.
  test.each([
    ['min', 'lockstep', -125, [-100, -110, -124.9, -125, -125.1, 0], false],
    ['min', 'torch', -75, [-75, -50, 0], true],
    ['max', 'lockstep', -75, [-100, -90, -75.1, -75, -74.9, NaN], false],
    ['max', 'torch', -125, [-125, -150, -Infinity], true],
  ] as const)('negative metrics, mode %s, dialect %s', (mode, dialect, bound, metrics, isTorch) => {
    const isBetter = (best: number, metric: number, options: object = {}) => {
      const plateau = new ReduceOnPlateau({ lr: 1 }, { mode, threshold: 0.25, ...options });
      plateau.step(best);
      plateau.step(metric);
      return plateau.state.badSteps === 0;
    };
    const sign = mode === 'min' ? 1 : -1;
    for (const metric of [...metrics, bound - sign, bound, bound + sign]) {
      const expected = mode === 'min' ? metric < bound : metric > bound;
      expect(isBetter(-100, metric, { dialect }), `${metric}`).toBe(expected);
      if (!isTorch) expect(isBetter(-100, metric), `${metric} by default`).toBe(expected);
    }
    expect(isBetter(-100, -100, { dialect })).toBe(isTorch);
    // Both dialects agree about a best metric >= 0, and in thresholdMode 'abs'.
    const other = dialect === 'torch' ? 'lockstep' : 'torch';
    for (const best of [100, 0]) {
      for (const metric of [75, 74.9, 125, 125.1, 0, -1, 1]) {
        expect(isBetter(best, metric, { dialect })).toBe(isBetter(best, metric, { dialect: other }));
      }
    }
    const difference = { dialect, threshold: 1, thresholdMode: 'abs' };
    expect([1, 1.5].map((by) => isBetter(-100, -100 - sign * by, difference))).toEqual([false, true]);
  });

  test('NaN is never better, neither first nor later', () => {
    const target = { lr: 1 };
    const plateau = new ReduceOnPlateau(target, { patience: 1 });
    expect([NaN, NaN].map((loss) => plateau.step(loss))).toEqual([false, true]);
    expect(plateau.state).toEqual({ best: null, badSteps: 0, cooldown: 0 });
    expect([1, NaN].map((loss) => plateau.step(loss))).toEqual([false, false]);
    expect(plateau.state).toEqual({ best: 1, badSteps: 1, cooldown: 0 });
  });

  test('an lr that became a schedule is refused, and changes nothing', () => {
    const target: { lr: number | Schedule } = { lr: 1 };
    const plateau = new ReduceOnPlateau(target, { patience: 0 });
    plateau.step(1);
    const before = plateau.state;
    target.lr = constant(1);
    expect(() => plateau.step(2)).toThrow('lr must be a number to be reduced, received a function');
    expect(plateau.state).toEqual(before);
  });

  test.each(cases)('$name: goes on from its state', ({ options, lr, values }) => {
    const target = { lr };
    const torch = { ...options, dialect: 'torch' } as const;
    let plateau = new ReduceOnPlateau(target, torch);
    const lrs = doubles(metrics).map((metric) => {
      plateau.step(metric);
      const state = structuredClone(plateau.state);
      plateau = new ReduceOnPlateau(target, torch);
      plateau.state = state;
      return target.lr;
    });
    expect(lrs).toEqual(doubles(values));
  });

  test.each([
    [{ best: 1, badSteps: 0 }, TypeError, 'cooldown must be an integer >= 0, received undefined'],
    [{ best: NaN, badSteps: 0, cooldown: 0 }, TypeError, 'best must be a number or null, received NaN'],
    [{ best: 1, badSteps: -1, cooldown: 0 }, RangeError, 'badSteps must be an integer >= 0, received -1'],
    [null, TypeError, 'state must be an object, received null'],
  ])('the state %o is refused', (state, Class, message) => {
    const plateau = new ReduceOnPlateau({ lr: 1 });
    const before = plateau.state;
    expect(() => {
      plateau.state = bad(state);
    }).toThrow(Class);
    expect(() => {
      plateau.state = bad(state);
    }).toThrow(message);
    expect(plateau.state).toEqual(before);
  });
});
