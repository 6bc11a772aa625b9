// An optimizer holds no gradients but those that step() without arguments would use.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { backend } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { root } from './native-build.js';
import type { AnyOptimizer } from './pipeline.js';

/** What an optimizer holds, of the gradients that it was given one after the other: `true` for those that are still there. */
type Held = Readonly<Record<string, readonly boolean[]>>;

/** Runs in a process of its own, with a garbage collector that can be called. */
async function measure(backend: string): Promise<Held> {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { SGD, Adam, ScheduleFreeSGD } = createRequire(`${process.cwd()}/`)('./dist/index.js');
  type Grads = Record<string, Float32Array | null>;

  let held: WeakRef<ArrayBufferLike>[][] = [];
  /** Gradients whose memory is watched. */
  const watched = (value = 1, length = 100): Grads => {
    const grads = { w: new Float32Array(length).fill(value), b: new Float32Array(3).fill(value) };
    held.push([grads.w, grads.b].map(({ buffer }) => new WeakRef(buffer)));
    return grads;
  };
  const several = (count: number) => Array.from({ length: count }, () => watched());
  const make = (Class: new (params: object, options: object) => object, options: object = {}) => {
    const params = { w: new Float32Array(100), b: new Float32Array(3) };
    return {
      params,
      optimizer: new Class(params, { lr: 0.1, backend, ...options }) as AnyOptimizer & Record<string, never>,
    };
  };
  const refused = (run: () => unknown) => {
    try {
      run();
    } catch {
      return;
    }
    throw new Error('was not refused');
  };

  const found: Record<string, boolean[]> = {};
  /** The optimizer that `run` answers with is alive when its gradients are counted. */
  const count = async (name: string, run: () => AnyOptimizer) => {
    held = [];
    const optimizer = run();
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
    }
    found[name] = held.map((refs) => refs.some((ref) => ref.deref() !== undefined));
    optimizer.step(name.startsWith('a group') ? { w: null, b: null, v: null } : undefined); // those that are bound are used
    optimizer.dispose();
  };

  for (const options of [{}, { zeroGrad: true }, { clipNorm: 1 }, { accumulate: 1, ema: {} }]) {
    const which = JSON.stringify(options);
    await count(`one after several, ${which}`, () => {
      const { optimizer } = make(Adam, options);
      optimizer.step(several(3));
      optimizer.step(watched());
      return optimizer;
    });
    await count(`fewer after several, ${which}`, () => {
      const { optimizer } = make(Adam, options);
      optimizer.step(several(4));
      optimizer.step(several(2));
      return optimizer;
    });
    await count(`bound after several and steps without gradients, ${which}`, () => {
      const { optimizer } = make(SGD, options);
      optimizer.step(several(3));
      for (let i = 0; i < 3; i++) optimizer.step();
      optimizer.bindGrads(watched());
      return optimizer;
    });
    await count(`fresh ones in each step, then bound ones, ${which}`, () => {
      const { optimizer } = make(SGD, options);
      for (let i = 0; i < 4; i++) optimizer.step(watched());
      for (let i = 0; i < 4; i++) optimizer.step();
      optimizer.bindGrads(watched());
      return optimizer;
    });
    await count(`a step that is left out, ${which}`, () => {
      const { optimizer } = make(SGD, { ...options, nonFinite: 'skip' });
      optimizer.step(watched());
      optimizer.step([watched(Number.NaN), watched()]);
      optimizer.step(watched(Number.NaN));
      return optimizer;
    });
  }

  await count('zeroGrad that is set to false', () => {
    const { optimizer } = make(SGD, { zeroGrad: true });
    optimizer.step(several(2));
    optimizer.pipeline.zeroGrad = false;
    optimizer.step(watched());
    return optimizer;
  });
  await count('a group that is added', () => {
    const { optimizer } = make(SGD);
    optimizer.step(watched());
    for (let i = 0; i < 3; i++) optimizer.step();
    optimizer.addGroup({ params: { v: new Float32Array(2) } });
    return optimizer;
  });
  for (const calls of [1, 2, 3, 4, 5, 8]) {
    await count(`gathered: ${calls}`, () => {
      const { optimizer } = make(Adam, { accumulate: 3 });
      for (let i = 0; i < calls; i++) optimizer.step(watched());
      return optimizer;
    });
  }
  await count('gathered: several, flushed, then one', () => {
    const { optimizer } = make(Adam, { accumulate: 3 });
    optimizer.step(several(2));
    optimizer.step(several(2));
    optimizer.flush();
    optimizer.step(watched());
    return optimizer;
  });

  type Made = ReturnType<typeof make>;
  const refusals: Record<string, (made: Made) => unknown> = {
    'another length': ({ optimizer }) => optimizer.step(watched(1, 101)),
    'another type': ({ optimizer }) => optimizer.step({ ...watched(), b: new Float64Array(3) }),
    'a param': ({ optimizer, params }) => optimizer.step({ ...watched(), b: params.b }),
    missing: ({ optimizer }) => optimizer.step({ w: watched().w }),
    unknown: ({ optimizer }) => optimizer.step({ ...watched(), v: null }),
    'several, one of another length': ({ optimizer }) => optimizer.step([watched(), watched(), watched(1, 101)]),
    'several, null in one': ({ optimizer }) => optimizer.step([watched(), { ...watched(), b: null }]),
    'a getter that throws': ({ optimizer }) =>
      optimizer.step({
        ...watched(),
        get b() {
          throw new Error('no gradient today');
        },
      }),
    'bound, of another length': ({ optimizer }) => optimizer.bindGrads(watched(1, 101)),
    'bound, one of several of another length': ({ optimizer }) => optimizer.bindGrads([watched(), watched(1, 101)]),
    'another gradScale': ({ optimizer }) => optimizer.step(watched(), { gradScale: 0 }),
    'a schedule': ({ optimizer }) => {
      const [group] = optimizer.groups;
      group.lr = () => Number.NaN;
      try {
        optimizer.step(watched());
      } finally {
        group.lr = 0.1;
      }
    },
    'swapped averages': ({ optimizer }) => {
      optimizer.swapAverages();
      try {
        optimizer.step(watched());
      } finally {
        optimizer.swapAverages();
      }
    },
    'eval mode': ({ optimizer }) => {
      optimizer.eval?.();
      try {
        optimizer.step(watched());
      } finally {
        optimizer.train?.();
      }
    },
  };
  for (const [name, act] of Object.entries(refusals)) {
    for (const options of [{}, { accumulate: 3 }]) {
      for (const before of ['one', 'fresh ones', 'one in several steps', 'several'] as const) {
        await count(`refused: ${name}, ${JSON.stringify(options)}, after ${before}`, () => {
          const made = make(ScheduleFreeSGD, { ema: {}, ...options });
          const { optimizer } = made;
          const steps = before === 'one' || before === 'several' ? 1 : 4;
          for (let i = 1; i < steps && before === 'fresh ones'; i++) optimizer.step(watched());
          optimizer.step(before === 'several' ? several(2) : watched());
          for (let i = 1; i < steps && before !== 'fresh ones'; i++) optimizer.step();
          held = held.slice(before === 'several' ? -2 : -1);
          refused(() => act(made));
          return optimizer;
        });
      }
    }
  }
  return found;
}

async function measureApart(backend: string) {
  const script = `const __name = (f) => f; // which esbuild calls
    (${measure})(${JSON.stringify(backend)}).then((found) => console.log(JSON.stringify(found)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', script], { cwd: root });
  return JSON.parse(stdout) as Held;
}

describe.each([backend().available[0], 'typescript'])('%s', (name) => {
  test('gradients are held until the next ones are bound, and refused ones not at all', async () => {
    const held = await measureApart(name);
    const last = (count: number, of: number) => Array.from({ length: of }, (_, i) => i >= of - count);
    const expected = Object.fromEntries(
      Object.entries(held).map(([title, { length }]) => {
        if (title.startsWith('fewer after several')) return [title, last(2, 6)];
        if (title.startsWith('a group')) return [title, [false]];
        if (!title.startsWith('refused')) return [title, last(1, length)];
        const kept = title.endsWith('after several') ? 2 : 1;
        return [title, Array.from({ length }, (_, i) => i < kept)];
      }),
    );
    expect(held).toEqual(expected);
    expect(Object.keys(held).length).toBe(20 + 2 + 6 + 1 + 14 * 8);
  }, 60_000);
});
