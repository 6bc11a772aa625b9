// The backend that runs where no binary loads, and the one that every binary is compared with.

import { dtypeOf, type FloatArray, plainView } from './arrays.js';
import type { Backend } from './plan.js';
import { prologue, prologueWidth, rowWidth } from './rules/prologue.js';
import type { Rule, Update } from './rules/rule.js';

/** One parameter with its state: sweeps over all elements with the coefficients that start at `at`. */
type Sweep = (coefficients: Float64Array, at: number, grad: FloatArray) => void;

function sweepOf(rule: Rule, arrays: readonly FloatArray[]): Sweep {
  return dtypeOf(arrays[0]) === 'f32'
    ? sweep(rule, rule.f32, prologue.f32, Float32Array, arrays as readonly Float32Array[])
    : sweep(rule, rule.f64, prologue.f64, Float64Array, arrays as readonly Float64Array[]);
}

function sweep<A extends FloatArray>(
  rule: Rule,
  update: Update<A>,
  prepare: (row: A, param: A, grad: A, scaled: A) => void,
  ArrayType: new (length: number) => A,
  arrays: readonly A[],
): Sweep {
  const before = new ArrayType(prologueWidth);
  const row = new ArrayType(rowWidth(rule) - prologueWidth);
  const [param, ...state] = arrays.map(plainView);
  let scaled: A | undefined;
  return (coefficients, at, grad) => {
    for (let k = 0; k < row.length; k++) row[k] = coefficients[at + prologueWidth + k];
    if (prologue.isIdentity(coefficients, at)) {
      update(row, param, grad as A, state);
      return;
    }
    for (let k = 0; k < before.length; k++) before[k] = coefficients[at + k];
    scaled ??= new ArrayType(param.length);
    prepare(before, param, grad as A, scaled);
    update(row, param, scaled, state);
  };
}

export const typescript: Backend = {
  name: 'typescript',
  bind(rule, tensors, coefficients, rows) {
    const width = rowWidth(rule);
    const sweeps = tensors.map((arrays) => sweepOf(rule, arrays));
    const bound: (FloatArray | null)[] = tensors.map(() => null);
    return {
      step() {
        for (let i = 0; i < sweeps.length; i++) {
          const grad = bound[i];
          if (rows[i] >= 0 && grad !== null) sweeps[i](coefficients, rows[i] * width, grad);
        }
      },
      bindGrads(grads) {
        for (let i = 0; i < grads.length; i++) {
          const grad = grads[i];
          bound[i] = grad === null ? null : plainView(grad);
        }
      },
    };
  },
};
