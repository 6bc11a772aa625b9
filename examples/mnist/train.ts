/** One training run: shuffled mini-batches, one optimizer step for each, everything measured. */
import { createHash } from 'node:crypto';
import { CLASSES, type Digits, fillBatch, PIXELS } from './data.js';
import { Network, type Params } from './network.js';
import { seededRandom, shuffle } from './random.js';

export interface Training {
  readonly digits: Digits;
  readonly batchSize: number;
  readonly steps: number;
  /** Decides the initial weights and the order of the images. */
  readonly seed: number;
  readonly optimizer: (params: Params) => { step(grads: Params): unknown };
  /** The weights are hashed after this many steps. */
  readonly hashAfter: number;
  readonly onStep?: (step: number, loss: number) => void;
}

export interface Run {
  readonly network: Network;
  /** The loss of each batch, before its step. */
  readonly losses: Float64Array;
  /** The time of each optimizer.step() alone. */
  readonly stepMilliseconds: Float64Array;
  readonly seconds: number;
  /** The first 16 hexadecimal digits of the SHA-256 of all weights after `hashAfter` steps. */
  readonly hash: string;
}

/** The digits in batches, shuffled anew whenever all were seen. */
export class Batches {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
  private readonly order: Uint32Array;
  private seen: number;

  constructor(
    private readonly digits: Digits,
    batchSize: number,
    private readonly random: () => number,
  ) {
    this.images = new Float32Array(batchSize * PIXELS);
    this.labels = new Uint8Array(batchSize);
    this.order = Uint32Array.from({ length: digits.count }, (_, index) => index);
    this.seen = digits.count;
  }

  /** Fills `images` and `labels` with the next batch. Returns how many there are: fewer at the end. */
  next(): number {
    if (this.seen >= this.digits.count) {
      shuffle(this.order, this.random);
      this.seen = 0;
    }
    const count = fillBatch(this.digits, this.order, this.seen, this.images, this.labels);
    this.seen += count;
    return count;
  }
}

export function train(training: Training): Run {
  const { digits, batchSize, steps, hashAfter, onStep } = training;
  const random = seededRandom(training.seed);
  const network = new Network(batchSize, random);
  const optimizer = training.optimizer(network.params);

  const batches = new Batches(digits, batchSize, random);
  const losses = new Float64Array(steps);
  const stepMilliseconds = new Float64Array(steps);
  let hash = '';

  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const count = batches.next();
    losses[i] = network.backward(batches.images, batches.labels, count);
    const beforeStep = performance.now();
    optimizer.step(network.grads);
    stepMilliseconds[i] = performance.now() - beforeStep;

    if (i + 1 === hashAfter) hash = hashOf(network.params);
    onStep?.(i + 1, losses[i]);
  }
  const seconds = (performance.now() - start) / 1000;
  return { network, losses, stepMilliseconds, seconds, hash };
}

/** The share of digits whose most probable class is the right one. */
export function accuracy(network: Network, digits: Digits, batchSize: number): number {
  const order = Uint32Array.from({ length: digits.count }, (_, index) => index);
  const images = new Float32Array(batchSize * PIXELS);
  const labels = new Uint8Array(batchSize);
  let correct = 0;
  for (let next = 0; next < digits.count; next += batchSize) {
    const count = fillBatch(digits, order, next, images, labels);
    const probabilities = network.forward(images, count);
    for (let row = 0; row < count; row++) {
      const scores = probabilities.subarray(row * CLASSES, (row + 1) * CLASSES);
      if (scores.indexOf(Math.max(...scores)) === labels[row]) correct++;
    }
  }
  return correct / digits.count;
}

/** The first 16 hexadecimal digits of the SHA-256 of all arrays. */
export function hashOf(params: Params): string {
  const hash = createHash('sha256');
  for (const weights of Object.values(params)) hash.update(new Uint8Array(weights.buffer));
  return hash.digest('hex').slice(0, 16);
}
