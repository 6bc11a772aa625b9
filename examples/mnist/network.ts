/**
 * A multilayer perceptron with one hidden layer, and its gradients by backpropagation, in plain TypeScript.
 *
 *   forward    h = relu(x·W1 + b1)          backward   dz  = (p − onehot(label)) / N
 *              p = softmax(h·W2 + b2)                  dW2 = hᵀ·dz         db2 = Σ dz
 *   loss       L = −(1/N) Σ ln p[label]                dh  = dz·W2ᵀ where h > 0, else 0
 *                                                      dW1 = xᵀ·dh         db1 = Σ dh
 *
 * Every array is allocated once; rows are the images of a batch.
 */
import { CLASSES, PIXELS } from './data.js';
import { multiply, multiplyByTransposed, multiplyTransposed } from './matrix.js';
import { normal } from './random.js';

export const HIDDEN = 128;

export type Params = { w1: Float32Array; b1: Float32Array; w2: Float32Array; b2: Float32Array };

export class Network {
  readonly params: Params = emptyParams();
  readonly grads: Params = emptyParams();
  private readonly hidden: Float32Array;
  private readonly hiddenGrads: Float32Array;
  private readonly probabilities: Float32Array;

  constructor(maxBatch: number, random: () => number) {
    this.hidden = new Float32Array(maxBatch * HIDDEN);
    this.hiddenGrads = new Float32Array(maxBatch * HIDDEN);
    this.probabilities = new Float32Array(maxBatch * CLASSES);
    initializeHe(this.params.w1, PIXELS, random);
    initializeHe(this.params.w2, HIDDEN, random);
  }

  /** The probability of each class for each of `count` images. */
  forward(images: Float32Array, count: number): Float32Array {
    const { w1, b1, w2, b2 } = this.params;
    multiply(this.hidden, images, w1, count, PIXELS, HIDDEN);
    addBias(this.hidden, b1, count);
    relu(this.hidden, count * HIDDEN);
    multiply(this.probabilities, this.hidden, w2, count, HIDDEN, CLASSES);
    addBias(this.probabilities, b2, count);
    softmax(this.probabilities, count);
    return this.probabilities;
  }

  /** Runs forward, leaves the gradients of the loss in `grads`, returns the loss (mean cross-entropy, in nats). */
  backward(images: Float32Array, labels: Uint8Array, count: number): number {
    const { w1, b1, w2, b2 } = this.grads;
    const logitGrads = this.forward(images, count);
    const loss = crossEntropy(logitGrads, labels, count);

    multiplyTransposed(w2, this.hidden, logitGrads, HIDDEN, count, CLASSES);
    sumRows(b2, logitGrads, count);

    multiplyByTransposed(this.hiddenGrads, logitGrads, this.params.w2, count, CLASSES, HIDDEN);
    for (let i = 0; i < count * HIDDEN; i++) if (this.hidden[i] === 0) this.hiddenGrads[i] = 0;
    multiplyTransposed(w1, images, this.hiddenGrads, PIXELS, count, HIDDEN);
    sumRows(b1, this.hiddenGrads, count);
    return loss;
  }
}

function emptyParams(): Params {
  return {
    w1: new Float32Array(PIXELS * HIDDEN),
    b1: new Float32Array(HIDDEN),
    w2: new Float32Array(HIDDEN * CLASSES),
    b2: new Float32Array(CLASSES),
  };
}

/** He et al. 2015, https://arxiv.org/abs/1502.01852: w ~ N(0, 2 / inputs) keeps the variance through ReLU layers. */
function initializeHe(weights: Float32Array, inputs: number, random: () => number): void {
  const deviation = Math.sqrt(2 / inputs);
  for (let i = 0; i < weights.length; i++) weights[i] = deviation * normal(random);
}

function addBias(values: Float32Array, bias: Float32Array, rows: number): void {
  const columns = bias.length;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[row * columns + column] += bias[column];
  }
}

function relu(values: Float32Array, length: number): void {
  for (let i = 0; i < length; i++) if (values[i] < 0) values[i] = 0;
}

/** p = exp(z) / Σ exp(z) in each row; the maximum is subtracted first, so that exp cannot overflow. */
function softmax(values: Float32Array, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * CLASSES;
    const end = start + CLASSES;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) max = Math.max(max, values[i]);
    let sum = 0;
    for (let i = start; i < end; i++) {
      values[i] = Math.exp(values[i] - max);
      sum += values[i];
    }
    for (let i = start; i < end; i++) values[i] /= sum;
  }
}

/** The loss; turns the probabilities into its gradient with respect to the logits, (p − onehot(label)) / N. */
function crossEntropy(probabilities: Float32Array, labels: Uint8Array, rows: number): number {
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const correct = row * CLASSES + labels[row];
    loss -= Math.log(Math.max(probabilities[correct], 1e-30));
    probabilities[correct] -= 1;
  }
  for (let i = 0; i < rows * CLASSES; i++) probabilities[i] /= rows;
  return loss / rows;
}

function sumRows(out: Float32Array, values: Float32Array, rows: number): void {
  const columns = out.length;
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[row * columns + column];
    out[column] = sum;
  }
}
