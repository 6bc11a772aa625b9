// More parameters than a call has room for arguments, which is about 125,000 in V8.

import { ASGD, backend, layerDecay, SGD, splitGroups } from 'lockstep';
import { describe, expect, test } from 'vitest';

const count = 200_000;

const filled = (value: number) => Array.from({ length: count }, () => new Float32Array([value]));
const named = (arrays: readonly Float32Array[]) => Object.fromEntries(arrays.map((array, i) => [`w${i}`, array]));

/** Whether all arrays hold this one value; `toEqual` on so many arrays takes longer than all else. */
const hold = (arrays: readonly Float32Array[], value: number) => arrays.every((array) => array[0] === value);

// Of the instruction sets one: they differ in no part that counts parameters.
describe.each([backend().available[0], 'typescript' as const])('%s', (name) => {
  test('made, stepped in every way, added to, disposed of', () => {
    const [params, grads, added] = [filled(4), filled(1), new Float32Array([5])];
    const sgd = new SGD(params, { lr: 1, backend: name });
    for (let t = 0; t < 3; t++) sgd.step(grads);
    sgd.step(filled(-1));
    sgd.addGroup({ params: [added], lr: 2 });
    expect(sgd.step([...grads, new Float32Array([1])])).toMatchObject({ stepped: true, step: 5, skipped: 0 });
    expect(hold(params, 1)).toBe(true);
    expect([...added]).toEqual([3]);
    sgd.dispose();
  });
});

test('added all at once, by name, to an optimizer with averages and with numbers that each parameter carries', () => {
  const [first, added] = [new Float32Array([0]), filled(0)];
  const params: Readonly<Record<string, Float32Array>> = { first };
  const asgd = new ASGD(params, { lr: 1, ema: {}, clipNorm: 1e9 });
  asgd.addGroup({ params: named(added) });
  const report = asgd.step({ first: new Float32Array([2]), ...named(filled(2)) });
  expect(report.gradNorm).toBeCloseTo(2 * Math.sqrt(count + 1), 5);
  asgd.swapAverages();
  expect(hold(added, -2)).toBe(true);
  expect(asgd.state.w199999).toMatchObject({ step: 1, mu: 1 });
});

test('splitGroups and layerDecay, with as many layers as parameters', () => {
  const groups = layerDecay(splitGroups(named(filled(1)), [{ match: (name) => name.length % 2 === 0 }]), {
    lr: 1,
    decay: 1,
    layerOf: (name) => Number(name.slice(1)),
  });
  expect(groups).toHaveLength(count);
});
