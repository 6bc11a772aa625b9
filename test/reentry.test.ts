// Code of the user's that runs within a call of the optimizer: schedules, getters of gradients and of params. Whatever it does to
// that optimizer, each backend answers alike, and the call does all that it is for or nothing.

import { Adam, backend } from 'lockstep';
import { describe, expect, test } from 'vitest';

const f32 = (...values: number[]) => new Float32Array(values);

const gradients = () => ({ w: f32(1, -2, 3), b: f32(0.5) });

function start(backendName: string) {
  const params: Readonly<Record<string, Float32Array>> = { w: f32(1, 1, 1), b: f32(2) };
  let inner: () => void = () => {};
  const optimizer = new Adam(params, {
    backend: backendName as 'typescript',
    ema: { decay: 0.5 },
    lr: () => {
      inner();
      return 0.1;
    },
  });
  optimizer.step(gradients());
  return { params, optimizer, schedule: (act: () => void) => (inner = act) };
}

type Subject = ReturnType<typeof start>;

const transfer = (array: Float32Array) => structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });

/** What is done, then how it and the call around it end: in a schedule, in a getter of gradients, in a getter of params. */
const acts: Readonly<Record<string, readonly [act: (subject: Subject) => unknown, ...ends: readonly string[]]>> = {
  dispose: [({ optimizer }) => optimizer.dispose(), 'done, ERR_DISPOSED', 'done, ERR_DISPOSED', 'done, ERR_DISPOSED'],
  addGroup: [
    ({ optimizer }) => optimizer.addGroup({ params: { added: f32(7) } }),
    'ERR_MODE, done',
    'ERR_MODE, done',
    'ERR_MODE, done',
  ],
  step: [({ optimizer }) => optimizer.step(), 'ERR_MODE, done', 'ERR_INVALID_GRADS, done', 'ERR_MODE, done'],
  'step with gradients': [
    ({ optimizer }) => optimizer.step(gradients()),
    'ERR_MODE, done',
    'ERR_INVALID_GRADS, done',
    'ERR_MODE, done',
  ],
  bindGrads: [
    ({ optimizer }) => optimizer.bindGrads(gradients()),
    'ERR_MODE, done',
    'ERR_INVALID_GRADS, done',
    'ERR_MODE, done',
  ],
  flush: [({ optimizer }) => optimizer.flush(), 'ERR_MODE, done', 'ERR_MODE, done', 'ERR_MODE, done'],
  drop: [({ optimizer }) => optimizer.drop(), 'ERR_MODE, done', 'ERR_MODE, done', 'ERR_MODE, done'],
  swapAverages: [({ optimizer }) => optimizer.swapAverages(), 'ERR_MODE, done', 'done, ERR_MODE', 'ERR_MODE, done'],
  withAverages: [({ optimizer }) => optimizer.withAverages(() => 0), 'ERR_MODE, done', 'done, done', 'ERR_MODE, done'],
  'read state': [({ optimizer }) => optimizer.state.w.step, 'done, done', 'done, done', 'done, done'],
  'read lr': [({ optimizer }) => optimizer.groups[0].lr, 'ERR_MODE, done', 'done, done', 'done, done'],
  'set eps': [({ optimizer }) => (optimizer.groups[0].eps = 0.25), 'done, done', 'done, done', 'done, done'],
  'set clipNorm': [({ optimizer }) => (optimizer.pipeline.clipNorm = 0.125), 'done, done', 'done, done', 'done, done'],
  'transfer a parameter': [
    ({ params }) => transfer(params.b),
    'done, ERR_DETACHED',
    'done, ERR_DETACHED',
    'done, ERR_DETACHED',
  ],
  'transfer state': [
    ({ optimizer }) => transfer(optimizer.state.b.expAvg as Float32Array),
    'done, ERR_DETACHED',
    'done, ERR_DETACHED',
    'done, ERR_DETACHED',
  ],
};

/** Where the act happens, and the call that it happens in. */
const places: Readonly<Record<string, (subject: Subject, act: () => void) => unknown>> = {
  'a schedule': ({ optimizer, schedule }, act) => {
    let isFirst = true;
    schedule(() => {
      if (isFirst) {
        isFirst = false;
        act();
      }
    });
    return optimizer.step(gradients());
  },
  'a getter of gradients': ({ optimizer }, act) =>
    optimizer.step({
      w: f32(1, -2, 3),
      get b() {
        act();
        return f32(0.5);
      },
    }),
  'a getter of params': ({ optimizer }, act) =>
    optimizer.addGroup({
      params: {
        get late() {
          act();
          return f32(3);
        },
      },
    }),
};

function codeOf(call: () => unknown): unknown {
  try {
    call();
    return 'done';
  } catch (error) {
    return (error as { readonly code: unknown }).code;
  }
}

/** All that is trained, as far as it is still there. */
function snapshot({ params, optimizer }: Subject): unknown {
  const trained = [params, optimizer.averages, ...Object.values(optimizer.state)].flatMap((each) =>
    Object.values(each),
  );
  return trained.map((value) =>
    typeof value === 'number' ? value : Array.from({ length: value.length }, (_, i) => value[i]),
  );
}

describe.each(backend().available)('%s', (name) => {
  describe.each(Object.keys(places))('%s', (place) => {
    /** The act in that place, and how it and the call around it ended. */
    const run = (backendName: string, act: (subject: Subject) => unknown) => {
      const subject = start(backendName);
      let inner: unknown = 'not reached';
      const outer = codeOf(() => places[place](subject, () => (inner = codeOf(() => act(subject)))));
      return { subject, inner, outer };
    };

    test.each(Object.keys(acts))('%s', (what) => {
      const [act, ...ends] = acts[what];
      const { subject, inner, outer } = run(name, act);
      expect(`${inner}, ${outer}`).toBe(ends[Object.keys(places).indexOf(place)]);
      const { optimizer } = subject;

      if (outer === 'ERR_DISPOSED') {
        expect(subject.params).toEqual(start(name).params);
        expect(codeOf(() => optimizer.step(gradients()))).toBe('ERR_DISPOSED');
        return;
      }
      if (outer === 'ERR_DETACHED') {
        const untouched = start(name);
        act(untouched);
        expect(snapshot(subject)).toEqual(snapshot(untouched));
        expect(codeOf(() => optimizer.step(gradients()))).toBe('ERR_DETACHED');
        return;
      }
      if (outer === 'ERR_MODE') optimizer.swapAverages();
      const late = Object.keys(optimizer.state).includes('late') ? { late: f32(1) } : {};
      const more = ({ optimizer }: Subject) => codeOf(() => optimizer.step({ ...gradients(), ...late }));
      // Every backend takes what was set from the same step on; whatever sets nothing leaves no trace.
      const other = run('typescript', what.startsWith('set') ? act : () => {}).subject;
      expect(snapshot(subject)).toEqual(snapshot(outer === 'done' ? other : start(name)));
      expect(more(subject)).toBe('done');
      if (outer !== 'done') return;
      more(other);
      expect(snapshot(subject)).toEqual(snapshot(other));
    });
  });
});
