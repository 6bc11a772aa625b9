// The backend that runs where no binary loads, and the one that every binary is compared with.

import { dtypeOf, type FloatArray, part, plainView } from './arrays.js';
import type { Backend } from './plan.js';
import { blockLength, sumOfSquares } from './reduce.js';
import { prologue, prologueWidth, rowWidth } from './rules/prologue.js';
import { type Measure, measureCount, type Rule, type Update } from './rules/rule.js';

/** One parameter with its state. `at` is where its row starts. */
interface Tensor {
  update(coefficients: Float64Array, at: number, grad: FloatArray): void;
  /** Adds to the sums from `sums[sumsAt]` on. */
  measure(coefficients: Float64Array, at: number, grad: FloatArray, sums: Float64Array, sumsAt: number): void;
}

function tensorOf(rule: Rule, arrays: readonly FloatArray[]): Tensor {
  return dtypeOf(arrays[0]) === 'f32'
    ? tensor(rule, rule.f32, rule.measures?.f32, prologue.f32, Float32Array, arrays as readonly Float32Array[])
    : tensor(rule, rule.f64, rule.measures?.f64, prologue.f64, Float64Array, arrays as readonly Float64Array[]);
}

function tensor<A extends FloatArray>(
  rule: Rule,
  update: Update<A>,
  measure: Measure<A> | undefined,
  prepare: (row: A, param: A, grad: A, decayed: A, scaled: A) => void,
  ArrayType: new (length: number) => A,
  arrays: readonly A[],
): Tensor {
  const before = new ArrayType(prologueWidth);
  const row = new ArrayType(rowWidth(rule) - prologueWidth);
  const [param, ...state] = arrays.map(plainView);
  let scaled: A | undefined;

  function readRow(coefficients: Float64Array, at: number): void {
    for (let k = 0; k < before.length; k++) before[k] = coefficients[at + k];
    for (let k = 0; k < row.length; k++) row[k] = coefficients[at + prologueWidth + k];
  }

  return {
    update(coefficients, at, grad) {
      readRow(coefficients, at);
      if (prologue.isIdentity(coefficients, at)) {
        update(row, param, grad as A, state);
        return;
      }
      scaled ??= new ArrayType(param.length);
      prepare(before, param, grad as A, param, scaled);
      update(row, param, scaled, state);
    },

    measure(coefficients, at, grad, sums, sumsAt) {
      if (measure === undefined || rule.measures === undefined) return;
      readRow(coefficients, at);
      const values = rule.measures.names.map(() => new ArrayType(blockLength));
      for (let begin = 0; begin < param.length; begin += blockLength) {
        const end = Math.min(begin + blockLength, param.length);
        let w = part(param, begin, end);
        let g = part(grad as A, begin, end);
        if (!prologue.isIdentity(coefficients, at)) {
          const decayed = new ArrayType(w.length);
          const scaled = new ArrayType(w.length);
          prepare(before, w, g, decayed, scaled);
          w = decayed;
          g = scaled;
        }
        const states = state.map((array) => part(array, begin, end));
        measure(row, w, g, states, values);
        for (let k = 0; k < values.length; k++) sums[sumsAt + k] += sumOfSquares(values[k], w.length);
      }
    },
  };
}

export const typescript: Backend = {
  name: 'typescript',
  bind(rule, arrays, coefficients, rows, sums) {
    const width = rowWidth(rule);
    const measures = measureCount(rule);
    const tensors = arrays.map((each) => tensorOf(rule, each));
    const bound: (FloatArray | null)[] = arrays.map(() => null);
    return {
      step() {
        for (let i = 0; i < tensors.length; i++) {
          const grad = bound[i];
          if (rows[i] >= 0 && grad !== null) tensors[i].update(coefficients, rows[i] * width, grad);
        }
      },
      measure() {
        sums.fill(0);
        for (let i = 0; i < tensors.length; i++) {
          const grad = bound[i];
          if (rows[i] >= 0 && grad !== null)
            tensors[i].measure(coefficients, rows[i] * width, grad, sums, i * measures);
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
