// One result everywhere: the same training on every backend of this machine, every bit compared with one of them.
//
// Used by parity.test.ts, and by parity-main.ts on platforms where no test runner runs.

import { createHash, type Hash } from 'node:crypto';
import { AdamW, backend, type FloatArray } from 'lockstep';
import { type AnyOptimizer, type OptimizerCase, optimizers, stateNames } from './optimizers.js';
import { fillOrdinary, fillSpecial, Random } from './random.js';

export interface Parity {
  readonly backends: readonly string[];
  /** Elements of params and state that were compared with those of the last backend, which is TypeScript where it ran. */
  readonly comparisons: number;
  readonly differing: number;
  /** Where the first few differences are. */
  readonly differences: readonly string[];
  /** SHA-256 of every result: equal on every platform. */
  readonly hash: string;
}

type ArrayType = typeof Float32Array | typeof Float64Array;
type Fill = typeof fillOrdinary;

/** What a run trains on: one parameter for each shape, all in one optimizer. */
interface Workload {
  readonly name: string;
  readonly shapes: readonly { readonly length: number; readonly offset: number }[];
  readonly steps: number;
  /** After which steps all elements are compared. */
  readonly compareAt: (step: number) => boolean;
  readonly fill: Fill;
  /** Whether only the first of each optimizer's valid option sets is trained. */
  readonly firstOptionsOnly?: boolean;
}

type Shapes = Workload['shapes'];

/** Every length up to the longest, at every offset. */
function gridOf(longest: number, offsets: readonly number[]): Shapes {
  return Array.from({ length: longest + 1 }, (_, length) => offsets.map((offset) => ({ length, offset }))).flat();
}

const grid = gridOf(80, [...Array(16).keys()]);
const nearBlocks = [4095, 4096, 4097, 4111].map((length, i) => ({ length, offset: i }));

const full: readonly Workload[] = [
  { name: 'lengths 0 to 80 at offsets 0 to 15', shapes: grid, steps: 3, compareAt: () => true, fill: fillOrdinary },
  {
    name: 'NaN, infinities, zeros, subnormals',
    shapes: gridOf(80, [0, 1, 6, 15]),
    steps: 3,
    compareAt: () => true,
    fill: fillSpecial,
  },
  { name: 'around 4096', shapes: nearBlocks, steps: 20, compareAt: (step) => step % 10 === 0, fill: fillOrdinary },
  {
    // Rare roundings show only at volume: a fused multiply-add left every small grid equal and 5 % of these different.
    name: '100,003 elements, 20 steps',
    shapes: [{ length: 100_003, offset: 3 }],
    steps: 20,
    compareAt: (step) => step === 1 || step === 20,
    fill: fillOrdinary,
  },
];

/** What a step does around its rule, once for each kernel and each walk that it adds. */
const wholeStep: OptimizerCase = {
  name: 'AdamW, the whole step',
  create: (params, options) => new AdamW(params as never, options as never) as unknown as AnyOptimizer,
  defaults: {},
  invalid: [],
  valid: [
    { clipNorm: 1, clipValue: 0.7, clipTensorNorm: 0.9, gradScale: 0.5, ema: { decay: 0.9 }, zeroGrad: true },
    { clipNorm: 0.5, clipNormForm: 'optax', ema: { decay: 0.9, debias: true }, zeroGrad: true, maximize: true },
    { clipNorm: 1, cautious: true, swa: { every: 2 }, accumulate: 2 },
    { nonFinite: 'skip', clipValue: 0.7, accumulate: 2, accumulateMode: 'sum' },
  ],
};

/** For emulators, which take a hundred times as long. */
const brief: readonly Workload[] = [
  { ...full[0], name: 'lengths 0 to 40 at two offsets', shapes: gridOf(40, [0, 7]) },
  { ...full[1], shapes: gridOf(40, [3]) },
  { ...full[2], shapes: nearBlocks.slice(2), steps: 4, compareAt: (step) => step === 4 },
  { ...full[3], name: '25,003 elements, 20 steps', shapes: [{ length: 25_003, offset: 3 }], firstOptionsOnly: true },
];

/** An array at an offset in a buffer of its own, so that every alignment occurs. */
function arrayAt(ArrayType: ArrayType, length: number, offset: number): FloatArray {
  const bytes = ArrayType.BYTES_PER_ELEMENT;
  return new ArrayType(new ArrayBuffer((offset + length) * bytes), offset * bytes, length);
}

interface Training {
  readonly optimizer: AnyOptimizer;
  readonly params: readonly FloatArray[];
  readonly keepsAverages: boolean;
  /** The gradients of the last step, where it wrote them. */
  grads: readonly FloatArray[];
  /** The norm of the last step, where it was measured. */
  norms: Float64Array;
}

function start(
  subject: OptimizerCase,
  options: object,
  name: string,
  workload: Workload,
  ArrayType: ArrayType,
): Training {
  const random = new Random(1);
  const params = workload.shapes.map(({ length, offset }) => {
    const param = arrayAt(ArrayType, length, offset);
    fillOrdinary(param, random);
    return param;
  });
  const optimizer = subject.create(params, { ...options, backend: name });
  if (optimizer.backend !== name) throw new Error(`asked for ${name}, got ${optimizer.backend}`);
  const keepsAverages = 'ema' in options || 'swa' in options;
  return { optimizer, params, keepsAverages, grads: [], norms: new Float64Array(0) };
}

/** Params, state, averages, gradients that were zeroed and norms, in a fixed order. */
function arraysOf({ optimizer, params, grads, norms, keepsAverages }: Training): readonly FloatArray[] {
  const { state } = optimizer;
  const trained = params.flatMap((param, i) => [
    param,
    ...stateNames(state[i]).map((name) => state[i][name] as FloatArray),
  ]);
  return [...trained, ...(keepsAverages ? optimizer.averages : []), ...grads, ...(norms.length > 0 ? [norms] : [])];
}

/** One step; with gradients of its own where it sets them to zero. */
function step(training: Training, grads: readonly FloatArray[], zeroes: boolean): void {
  const own = zeroes ? grads.map((grad) => grad.slice()) : grads;
  const { gradNorm } = training.optimizer.step(own);
  if (zeroes) training.grads = own;
  if (gradNorm !== null) training.norms = Float64Array.of(gradNorm);
}

class Comparison {
  comparisons = 0;
  differing = 0;
  readonly differences: string[] = [];

  compare(expected: readonly FloatArray[], actual: readonly FloatArray[], describe: () => string): void {
    for (let a = 0; a < expected.length; a++) {
      const [left, right] = [expected[a], actual[a]];
      this.comparisons += left.length;
      for (let i = 0; i < left.length; i++) {
        // Equal bits, but for the payload of a NaN: Object.is tells 0 from -0.
        if (Object.is(left[i], right[i])) continue;
        this.differing++;
        if (this.differences.length < 10) {
          this.differences.push(
            `${describe()}: array ${a}, element ${i} of ${left.length}: ${left[i]} !== ${right[i]}`,
          );
        }
      }
    }
  }
}

/** NaNs are made alike first: their payload is not part of the promise. */
function addTo(hash: Hash, arrays: readonly FloatArray[]): void {
  for (const array of arrays) {
    const canonical = array instanceof Float32Array ? new Float32Array(array) : new Float64Array(array);
    for (let i = 0; i < canonical.length; i++) if (Number.isNaN(canonical[i])) canonical[i] = NaN;
    hash.update(new Uint8Array(canonical.buffer));
  }
}

/** The gradients of every step. They stand at other offsets than their params, and are the same for every optimizer. */
function gradientsOf({ shapes, steps, fill }: Workload, ArrayType: ArrayType): readonly (readonly FloatArray[])[] {
  const random = new Random(2);
  return Array.from({ length: steps }, () =>
    shapes.map(({ length, offset }) => {
      const grad = arrayAt(ArrayType, length, (offset * 7 + 3) % 16);
      fill(grad, random);
      return grad;
    }),
  );
}

/**
 * Trains every optimizer with every valid option set in f32 and f64 on each backend; by default on all that can run.
 *
 * @param isBrief whether to leave most lengths and offsets out; the hash is then another
 */
export function runParity(backends: readonly string[] = backend().available, isBrief = false): Parity {
  const result = new Comparison();
  const hash = createHash('sha256');

  for (const ArrayType of [Float32Array, Float64Array]) {
    for (const workload of isBrief ? brief : full) {
      const gradients = gradientsOf(workload, ArrayType);
      for (const subject of [...optimizers, wholeStep]) {
        for (const options of workload.firstOptionsOnly ? subject.valid.slice(0, 1) : subject.valid) {
          const trainings = backends.map((name) => start(subject, options, name, workload, ArrayType));
          for (const [i, grads] of gradients.entries()) {
            for (const training of trainings) step(training, grads, options.zeroGrad === true);
            if (trainings.length === 1 || !workload.compareAt(i + 1)) continue;
            const results = trainings.map((training) => arraysOf(training));
            for (const [k, actual] of results.slice(0, -1).entries()) {
              const where = `${subject.name} ${JSON.stringify(options)} ${ArrayType.name}, ${workload.name}, step ${i + 1}`;
              result.compare(results[results.length - 1], actual, () => `${backends[k]}: ${where}`);
            }
          }
          addTo(hash, arraysOf(trainings[trainings.length - 1]));
        }
      }
    }
  }
  const { comparisons, differing, differences } = result;
  return { backends, comparisons, differing, differences, hash: hash.digest('hex') };
}

/** One line that says what was compared where. */
export function summary({ backends, comparisons, differing, hash }: Parity): string {
  const platform = `${process.platform}-${process.arch} node ${process.version}`;
  const reference = backends[backends.length - 1];
  const others = backends.slice(0, -1);
  const each = (comparisons / others.length).toLocaleString('en-US'); // every backend is compared as often as every other
  const shares = others.map((name) => `${name} ${each}`).join(', ');
  const count = `${comparisons.toLocaleString('en-US')} comparisons${shares && ` (${shares}, with ${reference})`}`;
  return `parity: ${platform}: backends ${backends.join(' ')}: ${count}, ${differing} differing, hash ${hash}`;
}
