// The founding article's own examples: param [1, 2], grad [0.1, -0.2], one step with its constants, which are the
// defaults here.

import { Adagrad, Adam, backend, Momentum, SGD } from 'lockstep';
import { describe, expect, test } from 'vitest';

describe.each(backend().available)('%s', (name) => {
  const grads = () => ({ w: new Float64Array([0.1, -0.2]) });
  const params = () => ({ w: new Float64Array([1, 2]) });

  test('SGD', () => {
    const { w } = params();
    new SGD({ w }, { backend: name }).step(grads());
    expect([...w]).toEqual([0.999, 2.002]);
  });

  // The article prints [0.99 2.02] here, which its formula v = αv − ηg, W = W + v does not give: from v = 0 the first
  // step is SGD's.
  test('Momentum', () => {
    const { w } = params();
    new Momentum({ w }, { backend: name }).step(grads());
    expect([...w]).toEqual([0.999, 2.002]);
  });

  test('Momentum, second step', () => {
    const { w } = params();
    const optimizer = new Momentum({ w }, { backend: name });
    optimizer.step(grads());
    optimizer.step(grads());
    expect(w[0]).toBeCloseTo(0.999 - 0.9 * 0.001 - 0.001, 15);
    expect(w[1]).toBeCloseTo(2.002 + 0.9 * 0.002 + 0.002, 15);
  });

  test('AdaGrad', () => {
    const { w } = params();
    new Adagrad({ w }, { backend: name }).step(grads());
    expect(w[0]).toBeCloseTo(0.99, 8);
    expect(w[1]).toBeCloseTo(2.01, 8);
  });

  test('Adam', () => {
    const { w } = params();
    new Adam({ w }, { backend: name }).step(grads());
    expect(w[0]).toBeCloseTo(0.999, 9);
    expect(w[1]).toBeCloseTo(2.001, 9);
  });

  test('the same in f32', () => {
    const step = (Optimizer: typeof SGD | typeof Momentum | typeof Adagrad | typeof Adam) => {
      const w = new Float32Array([1, 2]);
      new Optimizer([w], { backend: name }).step([new Float32Array([0.1, -0.2])]);
      return [...w];
    };
    const near = ([a, b]: readonly number[]) => [expect.closeTo(a, 6), expect.closeTo(b, 6)];
    expect(step(SGD)).toEqual(near([0.999, 2.002]));
    expect(step(Momentum)).toEqual(near([0.999, 2.002]));
    expect(step(Adagrad)).toEqual(near([0.99, 2.01]));
    expect(step(Adam)).toEqual(near([0.999, 2.001]));
  });
});
