// The tensors of real models, in the order in which their libraries list them.

export type Shape = readonly number[];

export interface Model {
  readonly name: string;
  readonly shapes: readonly Shape[];
}

/** 784 pixels, 128 hidden units, 10 digits: the network of `npm run demo`. */
export const mnist: Model = { name: 'MNIST MLP', shapes: [[784, 128], [128], [128, 10], [10]] };

function resNet50(): readonly Shape[] {
  const batchNorm = (channels: number): readonly Shape[] => [[channels], [channels]];
  const convolution = (to: number, from: number, size: number): readonly Shape[] => [
    [to, from, size, size],
    ...batchNorm(to),
  ];
  const shapes = [...convolution(64, 3, 7)];
  let channels = 64;
  for (const [blocks, width] of [
    [3, 64],
    [4, 128],
    [6, 256],
    [3, 512],
  ]) {
    for (let block = 0; block < blocks; block++) {
      const wide = 4 * width;
      shapes.push(...convolution(width, channels, 1), ...convolution(width, width, 3), ...convolution(wide, width, 1));
      if (block === 0) shapes.push(...convolution(wide, channels, 1)); // the way around the block
      channels = wide;
    }
  }
  return [...shapes, [1000, channels], [1000]];
}

function gpt2Small(): readonly Shape[] {
  const width = 768;
  const dense = (from: number, to: number): readonly Shape[] => [[from, to], [to]];
  const norm: readonly Shape[] = [[width], [width]];
  const block: readonly Shape[] = [
    ...norm,
    ...dense(width, 3 * width),
    ...dense(width, width),
    ...norm,
    ...dense(width, 4 * width),
    ...dense(4 * width, width),
  ];
  return [[50_257, width], [1024, width], ...Array.from({ length: 12 }, () => block).flat(), ...norm];
}

export const resNet: Model = { name: 'ResNet-50', shapes: resNet50() };
export const gpt2: Model = { name: 'GPT-2 small', shapes: gpt2Small() };
export const models: readonly Model[] = [mnist, resNet, gpt2];

export function oneTensor(elements: number, name: string): Model {
  return { name, shapes: [[elements]] };
}

export function lengthOf(shape: Shape): number {
  return shape.reduce((length, side) => length * side, 1);
}

export function elementsOf({ shapes }: Model): number {
  return shapes.reduce((sum, shape) => sum + lengthOf(shape), 0);
}
