// PyTorch, in a process of its own that takes turns with this one: the same values, the same number of threads.

import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Adagrad, Adam, AdamW, SGD } from 'lockstep';
import { ratio, type Settings, type Spread, spread, timer } from '../dist/bench/measure.js';
import { fillRealistic } from '../dist/bench/subjects.js';
import { worthwhileThreads } from '../lib/threads.js';
import { LineProcess } from './line_process.js';
import { elementsOf, lengthOf, type Model } from './shapes.js';
import { takeTurns } from './turns.js';

export type TorchOptimizer = 'SGD' | 'Adam' | 'AdamW' | 'Adagrad';
export type TorchVariant = 'fused' | 'foreach' | 'deepspeed';

export interface TorchRow {
  readonly name: 'lockstep' | TorchVariant;
  readonly nsPerElement: Spread;
  /** Its time over lockstep's. */
  readonly timesLockstep: Spread;
}

export interface TorchResult {
  readonly optimizer: TorchOptimizer;
  readonly model: string;
  readonly tensors: number;
  readonly elements: number;
  readonly threads: number;
  readonly rounds: number;
  readonly rows: readonly TorchRow[];
}

export interface Torch {
  /** Such as `PyTorch 2.9.0`. */
  readonly versions: readonly string[];
  readonly results: readonly TorchResult[];
}

interface F32Optimizer {
  bindGrads(grads: readonly Float32Array[]): void;
  step(): unknown;
}

interface Recipe {
  /** As PyTorch calls them, and as lockstep does. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly create: (params: readonly Float32Array[], threads: number) => F32Optimizer;
  readonly hasDeepSpeed: boolean;
}

const adam = { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8 } as const;
const adamOptions = { lr: adam.lr, betas: [...adam.betas] as [number, number], eps: adam.eps };

export const recipes: Readonly<Record<TorchOptimizer, Recipe>> = {
  SGD: {
    options: { lr: 0.01, momentum: 0.9 },
    create: (params, threads) => new SGD(params, { lr: 0.01, momentum: 0.9, threads }),
    hasDeepSpeed: false,
  },
  Adam: {
    options: { ...adam, weight_decay: 0 },
    create: (params, threads) => new Adam(params, { ...adamOptions, threads }),
    hasDeepSpeed: true,
  },
  AdamW: {
    options: { ...adam, weight_decay: 0.01 },
    create: (params, threads) => new AdamW(params, { ...adamOptions, weightDecay: 0.01, threads }),
    hasDeepSpeed: true,
  },
  Adagrad: {
    options: { lr: 0.01, eps: 1e-10 },
    create: (params, threads) => new Adagrad(params, { lr: 0.01, eps: 1e-10, threads }),
    hasDeepSpeed: false,
  },
};

interface Versions {
  readonly torch: string;
  readonly deepspeed: string | null;
  readonly threads: number;
}

/** What all tensors are filled with, over and over along the model. */
const table = {
  param: fillRealistic(new Float32Array(2 ** 20), 0.05, 2),
  grad: fillRealistic(new Float32Array(2 ** 20), 0.01, 1),
};

/** The tensors of a model, with the values of the table. */
export function filled(values: Float32Array, { shapes }: Model): readonly Float32Array[] {
  let at = 0;
  return shapes.map((shape) => {
    const array = new Float32Array(lengthOf(shape));
    for (let done = 0; done < array.length; ) {
      const begin = at % values.length;
      const count = Math.min(values.length - begin, array.length - done);
      array.set(values.subarray(begin, begin + count), done);
      done += count;
      at += count;
    }
    return array;
  });
}

/** Every stride-th element of the arrays one after the other. */
export function sampleOf(arrays: readonly Float32Array[], stride: number): Float32Array {
  const sample: number[] = [];
  let start = 0; // of the array, in the whole
  for (const array of arrays) {
    for (let i = (stride - (start % stride)) % stride; i < array.length; i += stride) sample.push(array[i]);
    start += array.length;
  }
  return Float32Array.from(sample);
}

const base64 = (array: Float32Array) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

const checkedSteps = 3;
const comparedElements = 2 ** 16;
/** Of the largest change that any element has seen: other systems round otherwise, and elsewhere. */
const tolerance = 1e-3;

export class TorchProcess {
  readonly #process: LineProcess;
  readonly versions: Versions;
  #made = 0;

  private constructor(process: LineProcess, versions: Versions) {
    this.#process = process;
    this.versions = versions;
  }

  /** Starts it, with so many threads. */
  static async start(command: string, args: readonly string[], threads: number): Promise<TorchProcess> {
    const child = new LineProcess(command, args, {
      OMP_NUM_THREADS: String(threads),
      MKL_NUM_THREADS: String(threads),
      // DeepSpeed sets it to 1 for the whole process: each step of PyTorch's own would then look for a driver anew.
      PYTORCH_NVML_BASED_CUDA_CHECK: '0',
    });
    try {
      const versions = await child.ask<Versions>({ do: 'hello' });
      if (versions.threads !== threads) {
        throw new Error(`it has ${versions.threads} threads where ${threads} were asked for`);
      }
      await child.ask({ do: 'values', param: base64(table.param), grad: base64(table.grad) });
      return new TorchProcess(child, versions);
    } catch (error) {
      child.close(); // or it would keep this process from ending
      throw error;
    }
  }

  async make(optimizer: TorchOptimizer, variant: TorchVariant, { shapes }: Model): Promise<number> {
    const id = this.#made++;
    await this.#process.ask({ do: 'make', id, optimizer, variant, options: recipes[optimizer].options, shapes });
    return id;
  }

  /** Milliseconds that so many steps take, by the clock of the process. */
  async time(id: number, calls: number): Promise<number> {
    return (await this.#process.ask<{ ms: number }>({ do: 'step', id, calls })).ms;
  }

  async read(id: number, stride: number): Promise<Float32Array> {
    const bytes = Buffer.from((await this.#process.ask<{ param: string }>({ do: 'read', id, stride })).param, 'base64');
    return new Float32Array(Uint8Array.from(bytes).buffer);
  }

  async drop(id: number): Promise<void> {
    await this.#process.ask({ do: 'drop', id });
  }

  close(): void {
    this.#process.close();
  }
}

export const torchArguments = [fileURLToPath(new URL('torch_child.py', import.meta.url))];

/** Threads of OpenMP spin for a while after their work: until they rest, they would take the other's time. */
const restMs = 5;

/** How many bytes both processes take together. */
export function torchBytes(model: Model): number {
  return 16 * elementsOf(model) * Float32Array.BYTES_PER_ELEMENT;
}

export async function measureTorch(
  torch: TorchProcess,
  optimizer: TorchOptimizer,
  model: Model,
  threads: number,
  settings: Settings,
  say: (line: string) => void,
): Promise<TorchResult> {
  const elements = elementsOf(model);
  const params = filled(table.param, model);
  const ours = recipes[optimizer].create(params, worthwhileThreads(elements, threads));
  ours.bindGrads(filled(table.grad, model));
  for (let i = 0; i < checkedSteps; i++) ours.step();
  const stride = Math.ceil(elements / comparedElements);
  const expected = sampleOf(params, stride);
  const initial = sampleOf(filled(table.param, model), stride);

  const time = timer({ name: 'lockstep', step: () => void ours.step() });
  const rested = async (calls: number) => {
    await setTimeout(restMs);
    return time(calls);
  };
  const turns: { name: TorchRow['name']; time: (calls: number) => Promise<number> }[] = [
    { name: 'lockstep', time: rested },
  ];
  const ids: number[] = [];
  const variants: readonly TorchVariant[] =
    torch.versions.deepspeed !== null && recipes[optimizer].hasDeepSpeed
      ? ['fused', 'foreach', 'deepspeed']
      : ['fused', 'foreach'];
  for (const variant of variants) {
    try {
      const id = await torch.make(optimizer, variant, model);
      ids.push(id);
      await torch.time(id, checkedSteps);
      requireAlike(`${variant} ${optimizer}`, initial, expected, await torch.read(id, stride));
      turns.push({ name: variant, time: (calls) => torch.time(id, calls) });
    } catch (error) {
      say(`  ${variant} ${optimizer}: not run: ${error instanceof Error ? error.message : error}`);
    }
  }
  const series = await takeTurns(turns, settings);
  for (const id of ids) await torch.drop(id);
  const rows = turns.map(({ name }, i) => ({
    name,
    nsPerElement: spread(series[i].map((ns) => ns / elements)),
    timesLockstep: ratio(series[i], series[0]),
  }));
  return {
    optimizer,
    model: model.name,
    tensors: model.shapes.length,
    elements,
    threads,
    rounds: settings.rounds,
    rows,
  };
}

/** @throws Error where another system has other params after the same steps */
export function requireAlike(name: string, initial: Float32Array, expected: Float32Array, actual: Float32Array): void {
  if (actual.length !== expected.length) {
    throw new Error(`${name} has ${actual.length} elements where lockstep has ${expected.length}`);
  }
  let largestChange = 0;
  for (let i = 0; i < initial.length; i++) largestChange = Math.max(largestChange, Math.abs(expected[i] - initial[i]));
  for (let i = 0; i < initial.length; i++) {
    if (Math.abs(actual[i] - expected[i]) <= tolerance * largestChange) continue;
    throw new Error(`${name}: element ${i} of the sample is ${actual[i]}, lockstep has ${expected[i]}`);
  }
}
