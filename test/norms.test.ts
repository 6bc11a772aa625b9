// Whole-array norms: the sums of squares have the documented bits on every backend, and the trust ratio is what it is said to
// be where a norm is zero, not finite, or one of values at the ends of their type.

import { backend, type FloatArray, LAMB, LARS } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { resolveBackend } from '../lib/backend.js';
import { newControl, sums } from '../lib/plan.js';
import { neutralRow } from '../lib/rows.js';
import * as rules from '../lib/rules/lars.js';
import { sumOfSquares } from './pipeline.js';
import { fillOrdinary, Random } from './random.js';

type ArrayType = typeof Float32Array | typeof Float64Array;

/** `values` at an offset in a buffer of its own. */
function at(offset: number, values: FloatArray): FloatArray {
  const ArrayType = values.constructor as ArrayType;
  const bytes = ArrayType.BYTES_PER_ELEMENT;
  const array = new ArrayType(new ArrayBuffer((offset + values.length) * bytes), offset * bytes, values.length);
  array.set(values);
  return array;
}

/** The sums of squares that LARS measures: of the parameter, and of its gradient. */
function measured(backendName: string, param: FloatArray, grad: FloatArray): readonly number[] {
  const control = newControl([rules.LARS], 1);
  neutralRow(control.coefficients, 0); // measures W and g as they are, whatever the rule's coefficients
  const state = new (param.constructor as ArrayType)(param.length);
  const plan = resolveBackend(backendName).bind([{ rule: rules.LARS, arrays: [param, state], average: null }], control);
  plan.bindGrads(0, [grad]);
  plan.measure();
  return [...control.sums.subarray(sums.rule)];
}

describe.each(backend().available)('%s', (name) => {
  test.each([Float32Array, Float64Array])(
    '%o: the sum of 10,000 squares, to the last bit at every offset',
    (ArrayType) => {
      const random = new Random(11);
      const [param, grad] = [new ArrayType(10_000), new ArrayType(10_000)];
      fillOrdinary(param, random);
      fillOrdinary(grad, random);
      const expected = [sumOfSquares(param), sumOfSquares(grad)];
      const inOneRow = Array.from(param).reduce((sum, value) => sum + value * value, 0);
      expect(inOneRow).not.toBe(expected[0]); // another shape has other bits
      for (let offset = 0; offset < 16; offset++) {
        expect(measured(name, at(offset, param), at((offset * 7 + 3) % 16, grad))).toEqual(expected);
      }
    },
  );

  const larsStep = (param: FloatArray, grad: FloatArray, options: object = {}) => {
    new LARS([param], { backend: name, eps: 0, ...options }).step([grad]);
    return [...param];
  };

  test('LARS moves a parameter by trustCoefficient of its norm, f32 of any finite size included', () => {
    expect(larsStep(new Float64Array([3, 4]), new Float64Array([0, 8]), { trustCoefficient: 0.5 })).toEqual([3, 1.5]);
    const huge = 2 ** 127; // whose square f32 does not have
    const options = { trustCoefficient: 0.5 };
    expect(larsStep(new Float32Array([huge, 0]), new Float32Array([2 ** 100, 0]), options)).toEqual([huge / 2, 0]);
    expect(larsStep(new Float32Array([1, 0]), new Float32Array([2 ** -90, 0]), options)).toEqual([0.5, 0]);
  });

  test('the ratio is 1 where a norm is 0, and what is not finite stays with its element', () => {
    expect(larsStep(new Float32Array(2), new Float32Array([0.5, -1]))).toEqual([-0.5, 1]);
    expect(larsStep(new Float32Array([1, 2]), new Float32Array(2))).toEqual([1, 2]);
    expect(larsStep(new Float32Array([1, 2]), new Float32Array([NaN, 0.5]))).toEqual([NaN, 1.5]);
    expect(larsStep(new Float32Array([Infinity, 2]), new Float32Array([0.5, 0.5]))[1]).toBe(1.5);
    for (const dialect of ['lockstep', 'keras', 'optax'] as const) {
      const param = new Float32Array([1, 2]);
      const lamb = new LAMB([param], { backend: name, dialect, lr: 0.5 });
      lamb.step([new Float32Array([NaN, 0])]);
      expect([...param]).toEqual([NaN, 2]);
    }
  });

  test('f64 squares that overflow: the ratio is 1 where those of W do, and 0 where those of the gradient do', () => {
    expect(larsStep(new Float64Array([1e200, 2]), new Float64Array([0, 0.5]))).toEqual([1e200, 1.5]);
    expect(larsStep(new Float64Array([1, 2]), new Float64Array([1e200, 0.5]))).toEqual([1, 2]);
    expect(larsStep(new Float64Array([1e200, 2]), new Float64Array([1e200, 0.5]))).toEqual([0, 1.5]);
  });

  test('a gradient that has all but underflowed makes no infinite ratio', () => {
    expect(larsStep(new Float32Array([1, 2]), new Float32Array([2 ** -140, 0]))).toEqual([1, 2]);
  });
});
