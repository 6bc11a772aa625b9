// What a program or a library put on Object.prototype or Array.prototype is no gradient, no parameter and no option.

import { Adam, backend, layerDecay, ReduceOnPlateau, SGD, schedules, splitGroups } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type AnyOptimizer, create, expectThrow } from './pipeline.js';

const f32 = (...values: number[]) => new Float32Array(values);

/** Runs with a property on a prototype, which a loop over properties sees or not. */
function polluted(prototype: object, name: PropertyKey, value: unknown, enumerable: boolean, run: () => void): void {
  Object.defineProperty(prototype, name, { value, enumerable, configurable: true, writable: true });
  try {
    run();
  } finally {
    Reflect.deleteProperty(prototype, name);
  }
}

/** What runs without a word, or the code and the message of its error. */
function outcome(run: () => unknown): unknown {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return [(error as { code?: string }).code, (error as Error).message];
  }
}

/** An array with holes at the indexes that are left out. */
function sparse<T>(length: number, entries: Readonly<Record<number, T>>): T[] {
  return Object.assign(new Array<T>(length), entries);
}

describe.each(backend().available)('%s: a gradient that is missing', (name) => {
  const missing = (label: string) =>
    `grads${label} must be a Float32Array like params${label}, or null, received undefined`;

  describe.each([true, false])('of an enumerable property: %s', (enumerable) => {
    test('in a record', () => {
      const [w, b] = [f32(1), f32(2)];
      const optimizer = create(SGD, { w, b }, { lr: 1, backend: name });
      const good = { w: f32(1), b: f32(1) };
      optimizer.step(good);
      polluted(Object.prototype, 'w', f32(100), enumerable, () => {
        for (const grads of [{ b: f32(1) }, [{ b: f32(1) }], [good, { b: f32(1) }]]) {
          for (const use of [() => optimizer.step(grads), () => optimizer.bindGrads(grads)]) {
            const error = outcome(use) as [string, string];
            expect(error[0]).toBe('ERR_INVALID_GRADS');
            if (!Array.isArray(grads)) expect(error[1]).toBe(missing('.w'));
          }
        }
        optimizer.step(good);
        optimizer.step({ b: f32(1), w: f32(1) });
        optimizer.step([good, good]);
      });
      expect([w, b]).toEqual([f32(-3), f32(-2)]);
    });

    test.each([
      ['Object.prototype', Object.prototype],
      ['Array.prototype', Array.prototype],
    ])('in a list, on %s', (_, prototype) => {
      const params = [f32(1), f32(2)];
      const optimizer = create(SGD, params, { lr: 1, backend: name });
      polluted(prototype, 1, f32(100), enumerable, () => {
        const grads = sparse(2, { 0: f32(1) });
        expectThrow(() => optimizer.step(grads), TypeError, 'ERR_INVALID_GRADS', missing('[1]'));
        optimizer.step([f32(1), f32(1)]);
      });
      polluted(prototype, 1, [f32(100), f32(100)], enumerable, () => {
        const grads = sparse(2, { 0: [f32(1), f32(1)] });
        expect(outcome(() => optimizer.step(grads))).toEqual([
          'ERR_INVALID_GRADS',
          expect.stringContaining('received null'),
        ]);
      });
      expect(params).toEqual([f32(0), f32(1)]);
    });
  });

  test('is no getter that runs, either', () => {
    const optimizer = create(SGD, { w: f32(1), b: f32(2) }, { backend: name });
    let ran = 0;
    Object.defineProperty(Object.prototype, 'w', { get: () => ran++, enumerable: true, configurable: true });
    const result = outcome(() => optimizer.step({ b: f32(1) }));
    Reflect.deleteProperty(Object.prototype, 'w');
    expect(result).toEqual(['ERR_INVALID_GRADS', missing('.w')]);
    expect(ran).toBe(0);
  });

  test('is read where a class, a prototype without one or a proxy has it', () => {
    class Layer {
      get w() {
        return f32(1);
      }
      readonly b = f32(1);
    }
    class Deeper extends Layer {}
    const bare = Object.assign(Object.create(null), { w: f32(1), b: f32(1) });
    const grads = [
      new Layer(),
      new Deeper(),
      Object.create({ w: f32(1), b: f32(1) }),
      bare,
      Object.create(bare),
      new Proxy({}, { get: (_, key) => (key === 'w' || key === 'b' ? f32(1) : undefined) }),
    ];
    for (const other of ['v', 'w']) {
      const w = f32(0);
      const optimizer = create(SGD, { w, b: f32(0) }, { lr: 1, backend: name });
      // A proxy that does not say which properties it has cannot be told from an object that has none of its own.
      const given = other === 'w' ? grads.slice(0, 5) : grads;
      polluted(Object.prototype, other, f32(100), true, () => {
        for (const each of given) optimizer.step(each);
      });
      for (const each of grads) optimizer.step(each);
      expect(w).toEqual(f32(-given.length - grads.length));
    }
  });
});

describe.each([true, false])('an enumerable property: %s', (enumerable) => {
  test('that is called as a parameter or a group is none', () => {
    for (const prototype of [Object.prototype, Array.prototype]) {
      polluted(prototype, 1, f32(1), enumerable, () => {
        expect(outcome(() => create(SGD, sparse(2, { 0: f32(1) }), {}))).toEqual([
          'ERR_DTYPE',
          'params[1] must be a Float32Array or a Float64Array, received undefined',
        ]);
      });
      polluted(prototype, 1, { params: { b: f32(1) } }, enumerable, () => {
        const groups = sparse(2, { 0: { params: { w: f32(1) } } });
        expect(outcome(() => create(SGD, groups, {}))).toEqual([
          'ERR_INVALID_PARAMS',
          'params[1] must be a group with params, as params[0] is, received undefined',
        ]);
      });
    }
    polluted(Object.prototype, 'params', { b: f32(1) }, enumerable, () => {
      const optimizer = create(SGD, { w: f32(1) }, {});
      expect(outcome(() => optimizer.addGroup({ lr: 1 }))).toEqual(['ERR_INVALID_PARAMS', expect.anything()]);
      create(SGD, [f32(1)], {}).step([f32(1)]);
    });
  });

  test('that is called as an option is none', () => {
    const train = () => {
      const w = f32(1, 2);
      const optimizer = create(Adam, { w }, { lr: 0.1, ema: {} });
      for (let step = 0; step < 3; step++) optimizer.step({ w: f32(1, -2) }, {});
      return [w, optimizer.averages, optimizer.state];
    };
    const expected = train();
    const values = { lr: () => 7, betas: [0, 0], eps: 1, amsgrad: true, gradScale: 9, decay: 0.5, params: {}, step: 4 };
    for (const [name, value] of Object.entries(values)) {
      polluted(Object.prototype, name, value, enumerable, () => expect(train(), name).toEqual(expected));
    }
    // SGD has no betas, and no function of the step for them.
    polluted(
      Object.prototype,
      'betas',
      () => [0, 0],
      enumerable,
      () => {
        const w = f32(1);
        create(SGD, [w], { lr: 1 }).step([f32(1)]);
        expect(w).toEqual(f32(0));
      },
    );
  });

  test('at an index is no number, point, schedule or rule of a list', () => {
    for (const prototype of [Object.prototype, Array.prototype]) {
      const at = (index: number, value: unknown, run: () => unknown) => {
        let result: unknown;
        polluted(prototype, index, value, enumerable, () => {
          result = outcome(run);
        });
        return result;
      };
      expect(at(0, 0.5, () => create(Adam, [f32(1)], { betas: sparse(2, { 1: 0.9 }) }))).toEqual([
        'ERR_INVALID_OPTION',
        'betas[0] must be a number >= 0 and < 1, received undefined',
      ]);
      const points = sparse(2, { 0: [0, 1] as const });
      expect(at(1, [5, 1], () => schedules.piecewise({ points }))).toEqual(['ERR_INVALID_OPTION', expect.anything()]);
      const point = sparse(2, { 0: 0 }) as unknown as readonly [number, number];
      expect(at(1, 5, () => schedules.piecewise({ points: [point] }))).toEqual([
        'ERR_INVALID_OPTION',
        expect.anything(),
      ]);
      const joined = sparse(2, { 0: schedules.constant(1) });
      expect(at(1, schedules.constant(2), () => schedules.join(joined, [3]))).toEqual([
        'ERR_INVALID_OPTION',
        expect.anything(),
      ]);
      const rules = sparse(2, { 0: { match: /w/ } });
      expect(at(1, { match: /b/, lr: 3 }, () => splitGroups({ w: f32(1), b: f32(1) }, rules))).toEqual([
        'ERR_INVALID_OPTION',
        'rules[1] must be an object with match, received undefined',
      ]);
    }
  });

  test('that is called as an option of layerDecay or what ReduceOnPlateau looks for is none', () => {
    const options = { decay: 0.5, layerOf: () => 0, lr: 1 };
    polluted(Object.prototype, 'last', 3, enumerable, () => {
      expect(layerDecay({ w: f32(1) }, options)[0].lr).toBe(1);
    });
    for (const [name, value] of [
      ['lr', 1],
      ['groups', [{ lr: 1 }]],
    ] as const) {
      polluted(Object.prototype, name, value, enumerable, () => {
        expect(outcome(() => new ReduceOnPlateau({} as AnyOptimizer & { lr: number }))).toEqual([
          'ERR_INVALID_OPTION',
          expect.anything(),
        ]);
      });
    }
  });
});

test('holes in lists are told of as they are without anything on a prototype', () => {
  expect(outcome(() => splitGroups({ w: f32(1) }, sparse(2, { 1: { match: /w/ } })))).toEqual([
    'ERR_INVALID_OPTION',
    'rules[0] must be an object with match, received undefined',
  ]);
});
