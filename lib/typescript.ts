// The backend that runs where no binary loads, and the one that every binary is compared with.

import { dtypeOf, type FloatArray, plainView } from './arrays.js';
import type { Backend } from './backend.js';
import type { Rule, Update } from './rules/rule.js';

/** One parameter with its state: sweeps over all elements with the coefficients that start at `at`. */
type Sweep = (coefficients: Float64Array, at: number, grad: FloatArray) => void;

function sweepOf(rule: Rule, arrays: readonly FloatArray[]): Sweep {
  return dtypeOf(arrays[0]) === 'f32'
    ? sweep(rule, rule.f32, Float32Array, arrays as readonly Float32Array[])
    : sweep(rule, rule.f64, Float64Array, arrays as readonly Float64Array[]);
}

function sweep<A extends FloatArray>(
  rule: Rule,
  update: Update<A>,
  ArrayType: new (length: number) => A,
  arrays: readonly A[],
): Sweep {
  const row = new ArrayType(Object.keys(rule.coefficients).length);
  const [param, ...state] = arrays.map(plainView);
  return (coefficients, at, grad) => {
    for (let k = 0; k < row.length; k++) row[k] = coefficients[at + k];
    update(row, param, grad as A, state);
  };
}

export const typescript: Backend = {
  name: 'typescript',
  bind(rule, tensors, coefficients, rows) {
    const width = Object.keys(rule.coefficients).length;
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
