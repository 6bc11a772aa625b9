// Types alone: what `tsc` must accept and refuse. `npm run lint` checks this file; the tests here run it, too.

import {
  Adagrad,
  Adam,
  AdamW,
  type AnyOptimizer,
  ASGD,
  type FloatArray,
  FTRL,
  LARS,
  LossScaler,
  Momentum,
  NAdam,
  Optimizer,
  type OptimizerClass,
  ReduceOnPlateau,
  RMSprop,
  Rprop,
  type Schedule,
  ScheduleFreeAdamW,
  SGD,
  type StepReport,
} from 'lockstep';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { optimizers, stateNames } from './optimizers.js';

const f32 = (...values: number[]) => new Float32Array(values);

describe('any optimizer', () => {
  function halve(optimizer: AnyOptimizer): number {
    for (const group of optimizer.groups) group.lr *= 0.5;
    return optimizer.groups[0].lr;
  }
  function stepAll(optimizers: readonly Optimizer[], grads: Readonly<Record<string, FloatArray>>): StepReport[] {
    return optimizers.map((optimizer) => optimizer.step(grads));
  }

  test('of any class, over records, lists or groups', () => {
    const w = f32(1);
    const b = new Float64Array(1);
    const all: AnyOptimizer[] = [
      new Adam({ w, b }, { amsgrad: true, lr: 1 }),
      new SGD([w, w.slice()], { momentum: 0.9, lr: 1 }),
      new AdamW([{ params: { w } }, { params: { b }, lr: 1 }], { lr: 1 }),
      new RMSprop([{ params: [w] }], { lr: 1 }),
      new NAdam({ w }, { lr: 1 }),
      new ASGD({ w }, { lr: 1 }),
      new ScheduleFreeAdamW({ w }, { lr: 1 }),
      new LARS({ w }, { lr: 1 }),
      new FTRL({ w }, { lr: 1 }),
    ];
    for (const optimizer of all) {
      expect(halve(optimizer)).toBe(0.5);
      optimizer.groups[0].lr = (step) => 1 / (1 + step);
      expect(Object.values(optimizer.state)[0].step).toBe(0);
      expectTypeOf(Object.values(optimizer.state)[0].expAvg).toEqualTypeOf<number | FloatArray | undefined>();
      expectTypeOf(optimizer.steps).toEqualTypeOf<number>();
      optimizer.groups[0].lr = 1;
      expect(new ReduceOnPlateau(optimizer).step(1)).toBe(false);
    }
    const fixedLr: AnyOptimizer = new Rprop([w], { lr: 1 });
    expect(fixedLr.groups[0].lr).toBe(1);
    expect(stepAll([new Adam({ w: f32(1) }), new Momentum({ w: f32(1) })], { w: f32(1) })[1].stepped).toBe(true);
    const scaled: AnyOptimizer = new Adam({ w: f32(1) }, { nonFinite: 'skip' });
    expect(new LossScaler().step(scaled, { w: f32(1) }).stepped).toBe(true);
  });

  test('over known params', () => {
    const params = { w: f32(1), b: new Float64Array(1) };
    const optimizer: Optimizer<typeof params> = new Adam(params, { ema: {} });
    expectTypeOf(optimizer.averages).toEqualTypeOf<Readonly<typeof params>>();
    optimizer.step({ w: f32(1), b: null });
    // @ts-expect-error a gradient of another type
    expect(() => optimizer.step({ w: new Float64Array(1), b: null })).toThrow();
  });

  test('any class', () => {
    const classes: readonly OptimizerClass[] = [
      Adam,
      AdamW,
      SGD,
      Momentum,
      Adagrad,
      RMSprop,
      NAdam,
      ASGD,
      LARS,
      FTRL,
      Rprop,
    ];
    for (const Class of classes) {
      const w = f32(1);
      const optimizer = new Class({ w }, { lr: 1e-3, clipNorm: 1 });
      expectTypeOf(optimizer.step).parameter(0).extract<{ w: unknown }>().toEqualTypeOf<{
        readonly w: Float32Array | null;
      }>();
      optimizer.step({ w: f32(1) });
      expect(optimizer.groups[0].lr).toBe(1e-3);
      expect(optimizer).toBeInstanceOf(Optimizer);
    }
    const scheduled: OptimizerClass<{ lr?: Schedule }> = Adam;
    expect(new scheduled([f32(1)], { lr: () => 0.5 }).groups[0].lr).toBe(0.5);
    // @ts-expect-error its lr is no function of the step
    const fixed: OptimizerClass<{ lr?: Schedule }> = Rprop;
    expect(fixed).toBe(Rprop);
    const Class: OptimizerClass = ScheduleFreeAdamW;
    // @ts-expect-error an option that no class has
    expect(() => new Class([f32(1)], { learningRate: 1 })).toThrow('lr');
    // @ts-expect-error no class of optimizers
    const wrong: OptimizerClass = LossScaler;
    expect(wrong).toBe(LossScaler);
  });
});

test('state that only some options make may be missing', () => {
  const w = f32(1);
  const adam = new Adam({ w });
  expectTypeOf(adam.state.w.expAvg).toEqualTypeOf<Float32Array>();
  expectTypeOf(adam.state.w.maxExpAvgSq).toEqualTypeOf<Float32Array | undefined>();
  expect(adam.state.w.maxExpAvgSq).toBe(undefined);
  const adamw = new AdamW([new Float64Array(1)], { amsgrad: true });
  expectTypeOf(adamw.state[0].maxExpAvgSq).toEqualTypeOf<Float64Array | undefined>();
  expect(adamw.state[0].maxExpAvgSq).toHaveLength(1);
  const sgd = new SGD([w]);
  expectTypeOf(sgd.state[0].momentumBuffer).toEqualTypeOf<Float32Array | undefined>();
  expectTypeOf(sgd.state[0].velocity).toEqualTypeOf<Float32Array | undefined>();
  expect([sgd.state[0].momentumBuffer, sgd.state[0].velocity]).toEqual([undefined, undefined]);
  const rmsprop = new RMSprop({ w });
  expectTypeOf(rmsprop.state.w.squareAvg).toEqualTypeOf<Float32Array>();
  expectTypeOf(rmsprop.state.w.gradAvg).toEqualTypeOf<Float32Array | undefined>();
  expectTypeOf(rmsprop.state.w.momentumBuffer).toEqualTypeOf<Float32Array | undefined>();
  expect([rmsprop.state.w.gradAvg, rmsprop.state.w.momentumBuffer]).toEqual([undefined, undefined]);
  expectTypeOf(new LARS({ w }).state.w.momentumBuffer).toEqualTypeOf<Float32Array>();
  // @ts-expect-error it may be missing
  expect(() => adam.state.w.maxExpAvgSq.length).toThrow();
  // @ts-expect-error no such state
  expect(adam.state.w.momentumBuffer).toBe(undefined);
});

/** The names of the state of `new Class(…)`, by whether its type says that they are always there. */
const optionalNames: Readonly<Record<string, readonly string[]>> = {
  Adam: ['maxExpAvgSq'] satisfies OptionalOf<Adam<Weights>>[],
  AdamW: ['maxExpAvgSq'] satisfies OptionalOf<AdamW<Weights>>[],
  RMSprop: ['gradAvg', 'momentumBuffer'] satisfies OptionalOf<RMSprop<Weights>>[],
  SGD: ['momentumBuffer', 'velocity'] satisfies OptionalOf<SGD<Weights>>[],
};

interface Weights {
  readonly w: Float32Array;
}

type OptionalOf<T extends { readonly state: { readonly w: object } }> = {
  [K in keyof T['state']['w']]-?: undefined extends T['state']['w'][K] ? K : never;
}[keyof T['state']['w']];

test.each(optimizers)('$name: the state that may be missing is typed so', ({ name, create, valid }) => {
  const made = [{}, ...valid].map((options) => stateNames(create([f32(1)], options).state[0]));
  const sometimes = [...new Set(made.flat())].filter((state) => !made.every((names) => names.includes(state)));
  expect(sometimes.sort()).toEqual(optionalNames[name] ?? []);
});

test('classes are named, subclassed and listed as before', () => {
  const params: Weights = { w: f32(1) };
  const named: [Adam<Weights>, SGD<Weights>] = [
    new Adam(params, { amsgrad: true }),
    new SGD<Weights>(params, { momentum: 0.9 }),
  ];
  expectTypeOf(named[0].state.w.expAvg).toEqualTypeOf<Float32Array>();
  class Mine extends SGD<Weights> {
    readonly note = 'mine';
  }
  const mine: AnyOptimizer = new Mine(params, { momentum: 0.9 });
  expect(mine).toBeInstanceOf(SGD);
  for (const Class of [SGD, Adam, RMSprop]) new Class(params, { lr: 1 }).step({ w: f32(1) });
  // @ts-expect-error an unknown option beside known ones
  expect(() => new Adam(params, { lr: 1, learningRate: 1 })).toThrow('lr');
  // @ts-expect-error an option of the wrong type
  expect(() => new Adam(params, { amsgrad: 'yes' })).toThrow('amsgrad');
});
