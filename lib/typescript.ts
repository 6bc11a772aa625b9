// The backend that runs where no binary loads, and the one that every binary is compared with.

import { copyInto, dtypeOf, type FloatArray, lengthOf, ofOneKind, part, plainView, zero } from './arrays.js';
import {
  type Backend,
  type BoundTensor,
  prologueStart,
  prologueWidth,
  rowWidth,
  ruleStart,
  stages,
  stepScalars,
  sums as sumsOf,
  sumsWidth,
} from './plan.js';
import { blockLength, sumOfSquares } from './reduce.js';
import { isIdentity } from './rows.js';
import { Lerp } from './rules/lerp.js';
import { Prologue } from './rules/prologue.js';
import type { Measure, Rule, Update } from './rules/rule.js';
import { Clamp, Sum } from './rules/stages.js';

const stateless: readonly never[] = [];
const noGrad = new Float32Array(0);

/** One row of coefficients. */
interface Row {
  readonly coefficients: Float64Array;
  readonly at: number;
}

/** One parameter with its state and its average. `grads` are its gradients, one or several. */
interface Tensor {
  step(row: Row, grads: readonly FloatArray[]): void;
  /** Adds to what stands from `sums[at]` on. */
  measure(row: Row, grads: readonly FloatArray[], sums: Float64Array, at: number): void;
  measureGrads(row: Row, grads: readonly FloatArray[], sums: Float64Array, at: number): void;
}

/** What of a rule and of the arrays depends on the element type. */
interface Typed<A extends FloatArray> {
  readonly ArrayType: new (length: number) => A;
  readonly prepare: (row: A, param: A, grad: A, decayed: A, scaled: A) => void;
  readonly sum: Update<A>;
  readonly clamp: Update<A>;
  readonly lerp: Update<A>;
}

const f32: Typed<Float32Array> = {
  ArrayType: Float32Array,
  prepare: Prologue.f32,
  sum: Sum.f32,
  clamp: Clamp.f32,
  lerp: Lerp.f32,
};

const f64: Typed<Float64Array> = {
  ArrayType: Float64Array,
  prepare: Prologue.f64,
  sum: Sum.f64,
  clamp: Clamp.f64,
  lerp: Lerp.f64,
};

function tensorOf({ rule, arrays, average }: BoundTensor): Tensor {
  return dtypeOf(arrays[0]) === 'f32'
    ? tensor(f32, rule, rule.f32, rule.measures?.f32, arrays as Float32Array[], average as Float32Array | null)
    : tensor(f64, rule, rule.f64, rule.measures?.f64, arrays as Float64Array[], average as Float64Array | null);
}

function tensor<A extends FloatArray>(
  typed: Typed<A>,
  rule: Rule,
  update: Update<A>,
  measure: Measure<A> | undefined,
  arrays: readonly A[],
  boundAverage: A | null,
): Tensor {
  const { ArrayType, prepare } = typed;
  // What a step needs besides the arrays is made here, so that it allocates nothing.
  const before = new ArrayType(prologueWidth);
  const scalars = new ArrayType(rowWidth(rule) - ruleStart);
  const limits = new ArrayType(2);
  const shares = new ArrayType(1);
  const [param, ...state] = arrays.map(plainView);
  const average = boundAverage === null ? null : plainView(boundAverage);
  const none = new ArrayType(0);
  let summed = none;
  let scaled = none;

  /**
   * Reads the rule's scalars and, where it is needed, the prologue's, rounded to the type of the arrays.
   *
   * @returns whether the prologue would change nothing
   */
  function readRow({ coefficients, at }: Row): boolean {
    for (let k = 0; k < scalars.length; k++) scalars[k] = coefficients[at + ruleStart + k];
    if (isIdentity(coefficients, at + ruleStart)) return true;
    for (let k = 0; k < before.length; k++) before[k] = coefficients[at + prologueStart + k];
    return false;
  }

  /** The gradient itself or, if there are several, their sum. */
  function sumOf(grads: readonly FloatArray[]): A {
    if (grads.length === 1) return grads[0] as A;
    if (summed === none) summed = new ArrayType(param.length);
    copyInto(summed, grads[0]);
    for (let k = 1; k < grads.length; k++) typed.sum(none, summed, grads[k] as A, stateless);
    return summed;
  }

  function clamped({ coefficients, at }: Row, grad: A): A {
    limits[0] = coefficients[at + stages.scale];
    limits[1] = coefficients[at + stages.bound];
    if (summed === none) summed = new ArrayType(param.length);
    typed.clamp(limits, summed, grad, stateless);
    return summed;
  }

  const isBounded = ({ coefficients, at }: Row) => coefficients[at + stages.bound] !== Infinity;

  /** The gradient as the prologue gets it. */
  function prepared(row: Row, grads: readonly FloatArray[]): A {
    const grad = sumOf(grads);
    return isBounded(row) ? clamped(row, grad) : grad;
  }

  /** Adds the sum of the squares, block by block. */
  function addSquares(values: A, to: Float64Array, at: number): void {
    const length = lengthOf(values);
    for (let begin = 0; begin < length; begin += blockLength) {
      const end = Math.min(begin + blockLength, length);
      to[at] += sumOfSquares(part(values, begin, end), end - begin);
    }
  }

  return {
    step(row, grads) {
      const { coefficients, at } = row;
      const isPlain = readRow(row);
      const grad = prepared(row, grads);
      if (isPlain) {
        update(scalars, param, grad, state);
      } else {
        if (scaled === none) scaled = new ArrayType(param.length);
        prepare(before, param, grad, param, scaled);
        update(scalars, param, scaled, state);
      }
      const share = coefficients[at + stages.averageShare];
      if (average !== null && share !== 0) {
        shares[0] = share;
        typed.lerp(shares, average, param, stateless);
      }
      if (coefficients[at + stages.zeroGrad] !== 0) for (const each of grads) zero(each);
    },

    measure(row, grads, sums, at) {
      if (measure === undefined || rule.measures === undefined) return;
      const isPlain = readRow(row);
      const grad = prepared(row, grads);
      const values = rule.measures.names.map(() => new ArrayType(blockLength));
      for (let begin = 0; begin < param.length; begin += blockLength) {
        const end = Math.min(begin + blockLength, param.length);
        let w = part(param, begin, end);
        let g = part(grad, begin, end);
        if (!isPlain) {
          const decayed = new ArrayType(w.length);
          const prepared = new ArrayType(w.length);
          prepare(before, w, g, decayed, prepared);
          w = decayed;
          g = prepared;
        }
        const states = state.map((array) => part(array, begin, end));
        measure(scalars, w, g, states, values);
        for (let k = 0; k < values.length; k++) sums[at + sumsOf.rule + k] += sumOfSquares(values[k], w.length);
      }
    },

    measureGrads(row, grads, sums, at) {
      const grad = sumOf(grads);
      addSquares(grad, sums, at + sumsOf.grad);
      if (isBounded(row)) addSquares(clamped(row, grad), sums, at + sumsOf.clampedGrad);
    },
  };
}

function step(tensor: Tensor, row: Row, grads: readonly FloatArray[]): void {
  tensor.step(row, grads);
}

export const typescript: Backend = {
  name: 'typescript',
  bind(bound, { coefficients, width, rows, sums }) {
    const tensors = bound.map(tensorOf);
    /** The gradients of each source. */
    const sources: (FloatArray | null)[][] = [bound.map(() => null)];

    /** The gradients of each parameter, as many as the step has. */
    const summands: FloatArray[][] = bound.map(() => []);
    let sourceCount = 0;
    const row = { coefficients, at: 0 };

    function gather(count: number): void {
      for (let i = 0; i < summands.length; i++) {
        let found = 0;
        for (let source = 0; source < count; source++) {
          const grad = sources[source][i];
          if (grad !== null) summands[i][found++] = grad;
        }
        summands[i].length = found;
      }
      sourceCount = count;
    }

    /** Calls `run` for every parameter that has a row and a gradient. */
    function each(run: (tensor: Tensor, row: Row, grads: readonly FloatArray[], i: number) => void): void {
      const count = Math.min(Math.max(rows[tensors.length + stepScalars.sourceCount], 1), sources.length);
      if (count !== sourceCount) gather(count);
      for (let i = 0; i < tensors.length; i++) {
        if (rows[i] < 0 || sources[0][i] === null) continue;
        row.at = (rows[tensors.length + stepScalars.firstRow] + rows[i]) * width;
        run(tensors[i], row, summands[i], i);
      }
    }

    return {
      step: () => each(step),
      measure() {
        sums.fill(0);
        each((tensor, row, grads, i) => tensor.measure(row, grads, sums, i * sumsWidth));
      },
      measureGrads() {
        sums.fill(0);
        each((tensor, row, grads, i) => tensor.measureGrads(row, grads, sums, i * sumsWidth));
      },
      checksGrads: false,
      bindGrads(source, grads) {
        sources[source] ??= [];
        for (let i = 0; i < grads.length; i++) {
          const grad = grads[i];
          sources[source][i] = grad === null ? null : ofOneKind(grad);
          const stale = summands[i];
          for (let k = 0; k < stale.length; k++) stale[k] = noGrad; // holds none longer than `sources` does
        }
        sourceCount = 0; // the gradients of each parameter are to be gathered anew
      },
    };
  },
};
