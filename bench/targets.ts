// What the project wants to reach, and what a run has reached.

import type { Spread } from '../dist/bench/measure.js';
import type { Machine } from './machine.js';
import { adamBytes } from './memory.js';
import { overheadNames } from './overhead.js';
import type { Results } from './results.js';
import { gpt2, mnist, resNet } from './shapes.js';

interface Target {
  readonly what: string;
  readonly bound: 'at least' | 'at most';
  readonly value: number;
  /** Follows the number, such as ` ns`. */
  readonly unit: string;
  /** What a run has measured; `undefined` where it has not. */
  readonly measured: (results: Results) => Spread | undefined;
}

const kilo = 2 ** 10;
const mega = 2 ** 20;

const atLeast = (value: number, unit: string, what: string, measured: Target['measured']): Target => {
  return { what, bound: 'at least', value, unit, measured };
};
const atMost = (value: number, unit: string, what: string, measured: Target['measured']): Target => {
  return { what, bound: 'at most', value, unit, measured };
};

/** Of the table of limits. */
export const limitRow = (
  { limits }: Results,
  elements: number,
  threads: number,
  name: 'lockstep' | 'stream' | 'divRoot',
) =>
  limits
    ?.find((result) => result.elements === elements)
    ?.rows.find((row) => row.name === name && row.threads === threads);

const streamed = (elements: number, threads: number) => (results: Results) =>
  limitRow(results, elements, threads, 'lockstep')?.shareOfStream;

const adam = ({ throughput }: Results, elements: number) =>
  throughput.find((size) => size.optimizer === 'Adam' && size.dtype === 'f32' && size.elements === elements);

/** Adam's times on the best backend, and those of the hoisted loop. */
export const nativeRow = (results: Results, elements: number) =>
  adam(results, elements)?.rows.find(({ name }) => name === native(results));
export const hoistedRow = (results: Results, elements: number) =>
  adam(results, elements)?.rows.find(({ name }) => name === 'hoisted loop');

const hoisted = (elements: number) => (results: Results) =>
  adam(results, elements)?.ratios.find(({ name }) => name === `${native(results)}: times the hoisted loop's speed`)
    ?.value;

/** Adam's times over 1 M elements, of a package or of lockstep among them. */
export const peerRow = ({ peers }: Results, wanted: string) =>
  peers?.results
    .find(({ optimizer, elements }) => optimizer === 'Adam' && elements === mega)
    ?.rows.find(({ name }) => name === wanted);

const peer = (wanted: string) => (results: Results) => peerRow(results, wanted)?.timesLockstep;

/** On one thread, or on more. */
export const adamWResult = ({ torch }: Results, model: string, isThreaded: boolean) =>
  torch?.results.find((r) => r.optimizer === 'AdamW' && r.model === model && r.threads > 1 === isThreaded);

/** How many times PyTorch's fused AdamW's speed is wanted, over a model of that name in results. */
const againstFused = (value: number, what: string, model: string, isThreaded: boolean) =>
  atLeast(
    value,
    ' ×',
    `against PyTorch fused AdamW, ${what}, ${isThreaded ? 'all threads' : 'one thread'}`,
    (results) => adamWResult(results, model, isThreaded)?.rows.find(({ name }) => name === 'fused')?.timesLockstep,
  );

const native = ({ machine }: Results) => machine.backends[0];

const overhead = (row: 'one' | 'further' | 'fresh') => (results: Results) =>
  results.overhead.find(({ name }) => name === overheadNames(native(results))[row]);

/** A number that has no spread. */
function single(value: number): Spread {
  return { median: value, q1: value, q3: value, min: value, max: value };
}

/** Bytes of the last cache, of the text in `Machine`; `undefined` where the system did not tell. */
export function lastCache({ caches }: Machine): number | undefined {
  const size = /(\d+)K$/.exec(caches ?? '')?.[1];
  return size === undefined ? undefined : Number(size) * kilo;
}

/** Whether Adam's arrays are twice as large as the last cache. */
export function isOutOfCache(elements: number, machine: Machine): boolean {
  return elements * adamBytes > 2 * (lastCache(machine) ?? adamBytes * 8 * mega);
}

function growth({ growth: rows, machine }: Results): Spread | undefined {
  const far = rows?.filter(({ elements }) => isOutOfCache(elements, machine)).map((row) => row.nsPerElement.median);
  if (far === undefined || far.length < 2) return undefined;
  return single(Math.max(...far) / Math.min(...far));
}

export const targets = {
  'divisions and roots': atLeast(
    0.95,
    '',
    'Adam f32, 64 K, one thread: share of the loop with the same divisions and roots',
    (results) => limitRow(results, 64 * kilo, 1, 'lockstep')?.shareOfDivRoot,
  ),
  'stream 16 M': atLeast(
    0.95,
    '',
    'Adam f32, 16 M, one thread: share of the loop that streams',
    streamed(16 * mega, 1),
  ),
  'stream 64 M': atLeast(
    0.95,
    '',
    'Adam f32, 64 M, one thread: share of the loop that streams',
    streamed(64 * mega, 1),
  ),
  'stream 16 M, 2': atLeast(0.95, '', 'Adam f32, 16 M, two threads: the same, on two', streamed(16 * mega, 2)),
  'stream 64 M, 2': atLeast(0.95, '', 'Adam f32, 64 M, two threads: the same, on two', streamed(64 * mega, 2)),
  'hoisted 1 M': atLeast(12, ' ×', 'against the hoisted JavaScript loop, 1 M, one thread', hoisted(mega)),
  'hoisted 16 M': atLeast(6, ' ×', 'against the hoisted JavaScript loop, 16 M, one thread', hoisted(16 * mega)),
  'tfjs-cpu': atLeast(300, ' ×', 'against tfjs-cpu, 1 M', peer('tfjs-cpu')),
  'tfjs-wasm': atLeast(10, ' ×', 'against tfjs-wasm, 1 M', peer('tfjs-wasm')),
  'jax-js': atLeast(8, ' ×', 'against jax-js, 1 M', peer('jax-js')),
  ruvector: atLeast(2, ' ×', 'against @ruvector/attention, 1 M', peer('@ruvector/attention')),
  'torch memory': againstFused(1, '16 M', '16 M', false),
  'torch memory, all': againstFused(1, '16 M', '16 M', true),
  'torch ResNet-50': againstFused(1, "ResNet-50's 161 tensors", resNet.name, false),
  'torch ResNet-50, all': againstFused(1, "ResNet-50's 161 tensors", resNet.name, true),
  'torch GPT-2': againstFused(1, "GPT-2 small's 148 tensors", gpt2.name, false),
  'torch GPT-2, all': againstFused(1, "GPT-2 small's 148 tensors", gpt2.name, true),
  'torch cache': againstFused(1.3, '64 K', '64 K', false),
  'torch cache, all': againstFused(1.3, '64 K', '64 K', true),
  'torch MNIST': againstFused(5, "the MNIST MLP's 4 tensors", mnist.name, false),
  'torch MNIST, all': againstFused(5, "the MNIST MLP's 4 tensors", mnist.name, true),
  'bound step': atMost(
    10,
    ' calls',
    '`step()` with bound gradients, 1 tensor of 64, its elements included: empty Node-API calls',
    (results) => overhead('one')(results)?.calls,
  ),
  'further tensor': atMost(
    25,
    ' ns',
    '`step()`: each further tensor, besides its elements',
    (results) => overhead('further')(results)?.ns,
  ),
  'fresh gradients': atMost(
    100,
    ' ns',
    'fresh gradient arrays each step, for each tensor',
    (results) => overhead('fresh')(results)?.ns,
  ),
  'two threads': atLeast(
    1.7,
    ' ×',
    'two threads at 1 M, against one',
    (results) => limitRow(results, mega, 2, 'lockstep')?.timesOneThread,
  ),
  allocation: atMost(0, ' bytes', 'allocated by a bound step', ({ allocation }) => {
    if (allocation === undefined) return undefined;
    // What V8 itself allocates meanwhile is some kilobytes in all; a single object in each step would be 12 bytes and more.
    const bytes = allocation.bytesPerStep * allocation.steps;
    return single(bytes < 2 ** 16 ? 0 : allocation.bytesPerStep);
  }),
  growth: atMost(1.3, ' ×', 'time per element out of cache, the largest over the smallest', growth),
} as const satisfies Readonly<Record<string, Target>>;

export type TargetKey = keyof typeof targets;

export interface Verdict {
  readonly key: TargetKey;
  readonly target: Target;
  readonly measured: Spread;
  /** By the median. */
  readonly isMet: boolean;
}

/** Of every target that the run has measured, in order. */
export function verdicts(results: Results): readonly Verdict[] {
  return (Object.entries(targets) as [TargetKey, Target][]).flatMap(([key, target]) => {
    const measured = target.measured(results);
    if (measured === undefined) return [];
    const { median } = measured;
    return [
      { key, target, measured, isMet: target.bound === 'at least' ? median >= target.value : median <= target.value },
    ];
  });
}

/** What the run has not measured. */
export function unmeasured(results: Results): readonly string[] {
  return Object.values(targets)
    .filter(({ measured }) => measured(results) === undefined)
    .map(({ what }) => what);
}
