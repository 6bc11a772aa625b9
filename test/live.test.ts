// What an optimizer answers with: what may be assigned, what it prints as, and what becomes of copies.

import { deepStrictEqual } from 'node:assert';
import { inspect } from 'node:util';
import {
  Adam,
  ASGD,
  backend,
  LossScaler,
  NAdam,
  ReduceOnPlateau,
  RMSprop,
  ScheduleFreeAdamW,
  ScheduleFreeSGD,
  SGD,
  Signum,
  schedules,
} from 'lockstep';
import { describe, expect, test, vi } from 'vitest';
import { optimizers } from './optimizers.js';
import { expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);
const f64 = (...values: number[]) => new Float64Array(values);

/** Runs code that is not strict, where JavaScript itself would ignore an assignment that it refuses. */
function sloppy(code: string, ...values: readonly unknown[]): unknown {
  return new Function('a', 'b', code)(...values);
}

const state =
  'only steps write it, and this version cannot load saved state; fill the arrays instead, as in array.set(values)';
const arrays = 'fill the arrays instead, as in array.set(values)';
const groups = 'set options of a group, as in optimizer.groups[0].lr = 0.1, or call addGroup';
const pipeline = 'set its options, as in optimizer.pipeline.clipNorm = 1';

describe.each(backend().available)('%s: to assign is refused and changes nothing', (name) => {
  const trained = () => {
    const params = { w: f32(1, 2), 'a-b': f64(3) };
    const optimizer = new Adam(params, { ema: {}, backend: name });
    optimizer.bindGrads({ w: f32(1, -1), 'a-b': f64(1) });
    for (let t = 0; t < 3; t++) optimizer.step();
    return { params, optimizer };
  };

  test.each([
    ['a.state = b', 1, `optimizer.state is read-only, received 1: ${state}`],
    ['a.state.w = b', f32(1, 2), `state.w is read-only, received a Float32Array: ${state}`],
    ['a.state.w.step = b', 5, `state.w.step is read-only, received 5: ${state}`],
    ['a.state.w.expAvg = b', f32(1), `state.w.expAvg is read-only, received a Float32Array: ${state}`],
    ['a.state["a-b"].step++', 0, `state["a-b"].step is read-only, received 4: ${state}`],
    ['a.averages = b', 1, `optimizer.averages is read-only, received 1: ${arrays}`],
    ['a.averages.w = b', f32(1, 2), `averages.w is read-only, received a Float32Array: ${arrays}`],
    ['a.groups = b', [], `optimizer.groups is read-only, received an array: ${groups}`],
    ['a.groups[0] = b', {}, `groups[0] is read-only, received an object: ${groups}`],
    ['a.pipeline = b', {}, `optimizer.pipeline is read-only, received an object: ${pipeline}`],
    [
      'a.backend = b',
      'scalar',
      "optimizer.backend is read-only, received 'scalar': choose it when the optimizer is made, by the option backend",
    ],
    ['a.steps = b', 0, 'optimizer.steps is read-only, received 0: steps are counted by step'],
    ['a.step().stepped = b', false, 'report.stepped is read-only, received false: a report says what a step did'],
  ])('%s', (code, value, message) => {
    const { optimizer, params } = trained();
    const control = trained();
    expectThrow(() => sloppy(code, optimizer, value), TypeError, 'ERR_READ_ONLY', message);
    if (code.startsWith('a.step()')) control.optimizer.step();
    expect(optimizer.step()).toEqual(control.optimizer.step());
    expect(params).toEqual(control.params);
    expect(optimizer.state).toEqual(control.optimizer.state);
    expect(optimizer.averages).toEqual(control.optimizer.averages);
    expect([optimizer.backend, optimizer.groups.length]).toEqual([name, 1]);
  });

  test('numbers that parameters carry, lists, modes and weights', () => {
    const asgd = new ASGD([f32(1)], { backend: name });
    const eta = `state[0].eta is read-only, received 1: ${state}`;
    expectThrow(() => sloppy('a.state[0].eta = 1', asgd), TypeError, 'ERR_READ_ONLY', eta);
    const whole = `state[0] is read-only, received 1: ${state}`;
    expectThrow(() => sloppy('a.state[0] = 1', asgd), TypeError, 'ERR_READ_ONLY', whole);
    const modal = new ScheduleFreeSGD([f32(1)], { backend: name });
    const weightSum = `state[0].weightSum is read-only, received 1: ${state}`;
    expectThrow(() => sloppy('a.state[0].weightSum = 1', modal), TypeError, 'ERR_READ_ONLY', weightSum);
    const mode = "optimizer.mode is read-only, received 'eval': call train() or eval()";
    expectThrow(() => sloppy("a.mode = 'eval'", modal), TypeError, 'ERR_READ_ONLY', mode);
    expect(modal.mode).toBe('train');
    modal.eval();
    const weights = `weights[0] is read-only, received a Float32Array: ${arrays}`;
    expectThrow(() => sloppy('a.weights[0] = b', modal, f32(1)), TypeError, 'ERR_READ_ONLY', weights);
    const all = `optimizer.weights is read-only, received 1: ${arrays}`;
    expectThrow(() => sloppy('a.weights = 1', modal), TypeError, 'ERR_READ_ONLY', all);
  });

  test('the state of a parameter is made when it is read, as of when optimizer.state was', () => {
    const params = Array.from({ length: 100 }, () => f32(1));
    const optimizer = new NAdam(params, { backend: name });
    const before = optimizer.state;
    optimizer.step(params.map(() => f32(1)));
    const freeze = vi.spyOn(Object, 'freeze');
    const { step, muProduct } = optimizer.state[7];
    const views = freeze.mock.calls.length;
    freeze.mockRestore();
    expect([step, views]).toEqual([1, 2]);
    expect(muProduct).toBeLessThan(1);
    expect(before[99]).toMatchObject({ step: 0, muProduct: 1 });
    expect(before[99]).toBe(before[99]);
    expect(Object.keys(before)).toHaveLength(100);
  });

  test('arrays stay live, and can be filled', () => {
    const { optimizer } = trained();
    optimizer.state.w.expAvg.set([7, 8]);
    expect(optimizer.state.w.expAvg).toEqual(f32(7, 8));
    expect(optimizer.state.w.expAvg).toBe(optimizer.state.w.expAvg);
    const { step } = optimizer.state.w;
    const before = optimizer.state;
    optimizer.step();
    expect([step, before.w.step, optimizer.state.w.step]).toEqual([3, 3, 4]);
  });
});

test('a scaler’s scale', () => {
  const scaler = new LossScaler();
  const message = 'scaler.scale is read-only, received 1: set scaler.state, which has scale and growthTracker';
  expectThrow(() => sloppy('a.scale = 1', scaler), TypeError, 'ERR_READ_ONLY', message);
  expect(scaler.scale).toBe(65536);
});

describe('options that are set on the optimizer itself', () => {
  test.each(optimizers)('$name', ({ create, defaults }) => {
    const optimizer = create([f32(1)]);
    for (const option of Object.keys(defaults)) {
      const message = `${option} cannot be set on the optimizer itself, received 5: set optimizer.groups[0].${option}`;
      expectThrow(() => sloppy(`a.${option} = 5`, optimizer), TypeError, 'ERR_INVALID_OPTION', message);
      expect(sloppy(`return a.${option}`, optimizer)).toBe(undefined);
    }
    expect(optimizer.groups[0]).toEqual(defaults);
    for (const option of Object.keys((optimizer as unknown as SGD<Float32Array[]>).pipeline)) {
      const message = `${option} cannot be set on the optimizer itself, received 5: set optimizer.pipeline.${option}`;
      expectThrow(() => sloppy(`a.${option} = 5`, optimizer), TypeError, 'ERR_INVALID_OPTION', message);
    }
    const threads = 'threads cannot be set on the optimizer itself, received 5: it is fixed when the optimizer is made';
    expectThrow(() => sloppy('a.threads = 5', optimizer), TypeError, 'ERR_INVALID_OPTION', threads);
  });

  test('that a group or the pipeline does not have', () => {
    const adam = new Adam([f32(1)]);
    const near = "unknown option 'weightDecai': did you mean 'weightDecay'?";
    expectThrow(() => sloppy('a.groups[0].weightDecai = 1', adam), TypeError, 'ERR_INVALID_OPTION', near);
    const cased = "unknown option 'clipnorm': did you mean 'clipNorm' or 'clipTensorNorm'?";
    expectThrow(() => sloppy('a.pipeline.clipnorm = 1', adam), TypeError, 'ERR_INVALID_OPTION', cased);
  });

  test('subclasses keep fields, accessors and methods of their own', () => {
    class Mine extends SGD<{ w: Float32Array }> {
      lr = 3;
      readonly #set: number[] = [];
      note: string;
      constructor(w: Float32Array) {
        super({ w }, { lr: 1 });
        this.note = 'mine';
      }
      get weightDecay() {
        return this.#set.length;
      }
      set weightDecay(value: number) {
        this.#set.push(value);
      }
      maximize() {
        return 'method';
      }
    }
    const w = f32(0);
    const mine = new Mine(w);
    mine.weightDecay = 4;
    mine.lr = 6;
    Object.assign(mine, { epoch: 2 });
    mine.step({ w: f32(1) });
    expect(mine).toMatchObject({ note: 'mine', lr: 6, weightDecay: 1, epoch: 2 });
    expect([mine.maximize(), mine.groups[0].maximize, mine.groups[0].lr, w]).toEqual(['method', false, 1, f32(-1)]);
    expect(() => sloppy('a.momentum = 1', mine)).toThrow('set optimizer.groups[0].momentum');
    expect(() => sloppy('a.lr = 1', new SGD([w]))).toThrow('set optimizer.groups[0].lr');
    for (const own of ['Mine {', "note: 'mine'", 'epoch: 2']) expect(inspect(mine)).toContain(own);
  });

  test('classes that a program froze work all the same', () => {
    Object.freeze(Signum.prototype); // before the first of them is made
    const w = f32(1);
    const signum = new Signum({ w }, { lr: 1 });
    expect([signum.step({ w: f32(2) }).stepped, w]).toEqual([true, f32(0)]);
  });
});

describe('printed', () => {
  test('an optimizer', () => {
    const rmsprop = new RMSprop([{ params: { w: f32(1, 2, 3) }, lr: 0.5 }, { params: { b: f64(1) } }], {
      lr: schedules.constant(0.25),
      clipNorm: 2,
      backend: 'typescript',
    });
    rmsprop.step({ w: f32(1, 1, 1), b: null });
    const text = inspect(rmsprop, { breakLength: Infinity, compact: Infinity });
    const options = "alpha: 0.99, eps: 1e-8, epsPlace: 'outside', centered: false, momentum: 0, weightDecay: 0";
    expect(text).toMatch(
      /^RMSprop \{ backend: 'typescript', steps: 1, params: \{ w: Float32Array\(3\), b: Float64Array\(1\) \}, groups: \[ /,
    );
    expect(text).toContain(`groups: [ { lr: 0.5, ${options}`);
    expect(text).toContain(`{ lr: [schedule], ${options}`);
    expect(text).toContain('pipeline: { gradScale: 1, clipNorm: 2, ');
    expect(inspect({ a: { b: { c: rmsprop } } })).toContain('c: [RMSprop]');
    const json = JSON.parse(JSON.stringify(rmsprop));
    expect(json).toMatchObject({
      backend: 'typescript',
      steps: 1,
      params: { w: 'Float32Array(3)', b: 'Float64Array(1)' },
      groups: [{ lr: 0.5 }, { lr: '[schedule]' }],
      pipeline: { clipNorm: 2, ema: null },
    });
  });

  test.each(optimizers)('$name, whatever its options', ({ create, valid, name }) => {
    for (const options of valid) {
      const optimizer = create([f32(1)], options);
      expect(inspect(optimizer)).toMatch(new RegExp(`^${name} \\{\\n  backend: `));
      expect(inspect(optimizer.groups[0])).toBe(inspect({ ...optimizer.groups[0] }));
      expect(JSON.parse(JSON.stringify(optimizer)).groups).toEqual(JSON.parse(JSON.stringify(optimizer.groups)));
    }
  });

  test('groups, the pipeline, state, averages and the report show values', () => {
    const w = f32(1);
    const adam = new Adam({ w }, { ema: {}, lr: (step) => 1 / (1 + step) });
    const report = adam.step({ w: f32(1) });
    const values: readonly (readonly [shown: unknown, values: unknown])[] = [
      [adam.pipeline, { ...adam.pipeline }],
      [adam.state, { w: { ...adam.state.w } }],
      [adam.state.w, { ...adam.state.w }],
      [adam.averages, { w: adam.averages.w }],
      [report, { ...report }],
    ];
    for (const [shown, expected] of values) expect(inspect(shown)).toBe(inspect(expected));
    expect(inspect(adam.groups)).toMatch(/^\[\n {2}\{\n {4}lr: \[schedule\],\n {4}betas: \[ 0.9, 0.999 \]/);
    expect({ ...adam.groups[0] }).toMatchObject({ lr: 0.5, betas: [0.9, 0.999] });
    expect(Object.keys(adam.groups[0]).slice(0, 3)).toEqual(['lr', 'betas', 'eps']);
    expect(JSON.parse(JSON.stringify(adam.groups[0])).lr).toBe(0.5);
  });

  test('at any time, without running a schedule', () => {
    const shown = (optimizer: ScheduleFreeAdamW<Float32Array[]>) => [
      inspect(optimizer),
      inspect(optimizer.groups[0]),
      JSON.stringify(optimizer),
    ];
    const held: { optimizer?: ScheduleFreeAdamW<Float32Array[]> } = {};
    let calls = 0;
    const texts: string[] = [];
    const lr = () => {
      calls++;
      if (held.optimizer !== undefined) texts.push(...shown(held.optimizer));
      return 1;
    };
    const optimizer = new ScheduleFreeAdamW([f32(1)], { lr });
    held.optimizer = optimizer;
    calls = 0;
    expect(inspect(optimizer)).toContain("mode: 'train'");
    expect(calls).toBe(0);
    optimizer.step([f32(1)]);
    optimizer.eval();
    expect(inspect(optimizer)).toContain("mode: 'eval'");
    const before = calls;
    for (const text of shown(optimizer)) expect(text).toContain('[schedule]');
    optimizer.dispose();
    expect(inspect(optimizer)).toMatch(/^ScheduleFreeAdamW \{\n {2}backend: '\w+',\n {2}disposed: true,\n {2}groups: /);
    expect(inspect(optimizer.groups[0])).toContain('lr: [schedule]');
    expect(JSON.parse(JSON.stringify(optimizer)).disposed).toBe(true);
    expect(calls).toBe(before);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(text).toContain('[schedule]');
  });

  test('where no inspect is handed over, where there are many parameters, or no whole optimizer', () => {
    const sgd = new SGD(Array.from({ length: 60 }, () => f32(1)));
    const custom = Symbol.for('nodejs.util.inspect.custom');
    const method: unknown = Reflect.get(sgd, custom);
    expect((method as (depth: number) => string).call(sgd, 2)).toMatch(/^SGD \{"backend":/);
    expect(inspect(sgd)).toContain("'49': Float32Array(1),\n    '…': 10 more\n");
    expect(inspect(Object.create(sgd))).toBe('SGD {}');
    expect(() => inspect(SGD.prototype)).not.toThrow();
  });

  test('a scaler and a plateau', () => {
    const scaler = new LossScaler({ initScale: 8 });
    expect(inspect(scaler)).toMatch(/^LossScaler \{\n {2}scale: 8,\n {2}growthTracker: 0,\n/);
    expect(JSON.parse(JSON.stringify(scaler))).toMatchObject({ scale: 8, growthFactor: 2 });
    const plateau = new ReduceOnPlateau({ lr: 1 }, { patience: 4 });
    plateau.step(3);
    const text = inspect(plateau);
    expect(text).toMatch(/^ReduceOnPlateau \{\n/);
    expect(text).toContain('patience: 4');
    expect(text).toContain('state: { best: 3, badSteps: 0, cooldown: 0 }');
  });
});

describe('copies', () => {
  test('of what would lose its methods and arrays are refused', () => {
    const sgd = new SGD([f32(1)]);
    for (const [whole, name] of [
      [sgd, 'SGD'],
      [new LossScaler(), 'LossScaler'],
      [new ReduceOnPlateau(sgd), 'ReduceOnPlateau'],
    ] as const) {
      const message = `${name} cannot be cloned or copied: make another with new ${name}(…)`;
      expectThrow(() => structuredClone(whole), TypeError, 'ERR_CLONE', message);
      expectThrow(() => structuredClone({ nested: [whole] }), TypeError, 'ERR_CLONE', message);
      expectThrow(() => ({ ...whole }), TypeError, 'ERR_CLONE', message);
    }
    sgd.step([f32(1)]);
    expect(sgd.steps).toBe(1);
  });

  test('of state, averages, groups, pipeline and report are plain data', () => {
    const adam = new Adam([f32(1, 2), f64(3)], { ema: {}, lr: () => 0.5 });
    const report = adam.step([f32(1, 1), f64(1)]);
    for (const each of [adam.state, adam.state[0], adam.averages, adam.groups, adam.groups[0], adam.pipeline, report]) {
      const copy = structuredClone(each);
      expect(copy).toEqual(each);
      expect(Object.getOwnPropertyDescriptors(copy)).not.toEqual(Object.getOwnPropertyDescriptors(each));
    }
    const [{ expAvg }] = structuredClone(adam.state);
    expect(expAvg).not.toBe(adam.state[0].expAvg);
    expect(Array.isArray(adam.state) && [...adam.state].length).toBe(2);
    expect(adam.averages.map((average) => average.length)).toEqual([2, 1]);
    deepStrictEqual(adam.averages, [...adam.averages]);
    deepStrictEqual(adam.state[0], { ...adam.state[0] });
    deepStrictEqual(report, { ...report });
  });
});
