// Whether a finite gradient is too large for its rule: asked of single elements, and only where a norm is huge.

import type { FloatArray } from './arrays.js';
import type { Param } from './params.js';
import { before } from './rows.js';
import type { Rule } from './rules/rule.js';

/**
 * Makes a test of single elements: would a step with this gradient turn finite state of the element into an infinity or NaN? A
 * rule does so where it squares the gradient, adds squares up or squares a difference. The test runs the rule on a copy of the
 * element.
 *
 * @param arrays the parameter, then its state
 * @param row the coefficients of the step, of which the rule's start at `row[at]`
 */
export function overflowTest(
  { dtype }: Param,
  rule: Rule,
  arrays: readonly FloatArray[],
  row: Float64Array,
  at: number,
): (grad: number, index: number) => boolean {
  return dtype === 'f32'
    ? testOf(Float32Array, rule.f32, Object.keys(rule.coefficients).length, arrays, row, at)
    : testOf(Float64Array, rule.f64, Object.keys(rule.coefficients).length, arrays, row, at);
}

function testOf<A extends FloatArray>(
  ArrayType: new (values: ArrayLike<number>) => A,
  update: (c: A, param: A, grad: A, state: readonly A[]) => void,
  coefficientCount: number,
  arrays: readonly FloatArray[],
  row: Float64Array,
  at: number,
): (grad: number, index: number) => boolean {
  const c = new ArrayType(row.subarray(at, at + coefficientCount));
  const l2 = new ArrayType([row[at + before.l2]]);
  const [param, ...state] = arrays.map(() => new ArrayType([0]));
  const grads = new ArrayType([0]);
  return (grad, index) => {
    param[0] = arrays[0][index];
    for (let k = 0; k < state.length; k++) state[k][0] = arrays[1 + k][index];
    grads[0] = l2[0] * param[0];
    grads[0] += grad;
    update(c, param, grads, state);
    return state.some((values, k) => !Number.isFinite(values[0]) && Number.isFinite(arrays[1 + k][index]));
  };
}
