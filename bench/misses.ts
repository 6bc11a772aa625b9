// Why a target was missed, by its key in targets.ts: what a counter, an assembly listing or an experiment shows, not a guess.
// What the same run has measured besides is the experiment here. A miss that nothing explains is printed as not explained yet.

import type { Results } from './results.js';
import { mnist } from './shapes.js';
import { adamWResult, hoistedRow, limitRow, nativeRow, peerRow, type TargetKey, targets } from './targets.js';
import { digits, sizeName } from './text.js';

const mega = 2 ** 20;
const inCache = 64 * 2 ** 10;

/** An experiment of 2026-11-28, on the machine that results.json is of. */
const helpersSleep =
  'lockstep leaves up to 262,143 elements to one thread. In an experiment with two, the 101,770 of this model take 59 µs instead of 41 where 3 µs of ' +
  'other work lie between two steps, and 73 instead of 44 where it is 200 µs: a thread that sleeps is to be woken.';

interface Timed {
  readonly nsPerElement: { readonly median: number };
}

/**
 * For a step that is compared with something else: that it is as fast as the loop that only streams its arrays, which would
 * not reach the target in its place.
 */
function memory(
  results: Results,
  key: TargetKey,
  elements: number,
  step: Timed | undefined,
  other: Timed | undefined,
): string | undefined {
  const share = limitRow(results, elements, 1, 'lockstep')?.shareOfStream;
  const stream = limitRow(results, elements, 1, 'stream');
  if (share === undefined || stream === undefined || step === undefined || other === undefined) return undefined;
  if (share.median < 0.95) return undefined;
  const ns = stream.nsPerElement.median;
  const times = other.nsPerElement.median / ns;
  if (times >= targets[key].value) return undefined;
  return (
    `The memory: a loop that only streams the same ${sizeName(elements)} elements takes ${digits(ns)} ns for each (table of ` +
    `limits, where a step reaches ${digits(share.median)} of it), and would be ${digits(times)} times ` +
    `as fast in the place of the step, which takes ${digits(step.nsPerElement.median)} ns here, where others take turns with it.`
  );
}

/** The same for elements in a cache, which are as fast as the loop that only divides and takes roots. */
function arithmetic(results: Results, key: TargetKey, model: string, isThreaded: boolean): string | undefined {
  const share = limitRow(results, inCache, 1, 'lockstep')?.shareOfDivRoot;
  const divRoot = limitRow(results, inCache, 1, 'divRoot');
  const result = adamWResult(results, model, isThreaded);
  const fused = result?.rows.find(({ name }) => name === 'fused');
  if (share === undefined || divRoot === undefined || result === undefined || fused === undefined) return undefined;
  if (share.median < 0.95) return undefined;
  const ns = divRoot.nsPerElement.median / result.threads;
  const times = fused.nsPerElement.median / ns;
  if (times >= targets[key].value) return undefined;
  const threads = isThreaded ? `, shared out among ${result.threads} threads for nothing,` : '';
  return (
    `The arithmetic: a loop that has no more than Adam's division and root${threads} takes ${digits(ns)} ns an element ` +
    `(${sizeName(inCache)}, table of limits, where a step reaches ${digits(share.median)} of it), and would be ${digits(times)} times as fast.`
  );
}

type Explanation = (results: Results) => string | undefined;

const againstHoisted =
  (key: TargetKey, elements: number): Explanation =>
  (results) =>
    memory(results, key, elements, nativeRow(results, elements), hoistedRow(results, elements));

const againstPeer =
  (key: TargetKey, name: string): Explanation =>
  (results) =>
    memory(results, key, mega, peerRow(results, 'lockstep'), peerRow(results, name));

export const misses: Readonly<Partial<Record<TargetKey, Explanation>>> = {
  'hoisted 1 M': againstHoisted('hoisted 1 M', mega),
  'hoisted 16 M': againstHoisted('hoisted 16 M', 16 * mega),
  'tfjs-cpu': againstPeer('tfjs-cpu', 'tfjs-cpu'),
  'tfjs-wasm': againstPeer('tfjs-wasm', 'tfjs-wasm'),
  'jax-js': againstPeer('jax-js', 'jax-js'),
  'torch MNIST': (results) => arithmetic(results, 'torch MNIST', mnist.name, false),
  'torch MNIST, all': (results) => {
    const bound = arithmetic(results, 'torch MNIST, all', mnist.name, true);
    return bound && `${bound} ${helpersSleep}`;
  },
  ruvector: againstPeer('ruvector', '@ruvector/attention'),
};
