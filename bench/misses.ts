// Why a target was missed, by its key in targets.ts: what a counter, an assembly listing or an experiment shows, not a guess.
// What the same run has measured besides is the experiment here. A miss that nothing explains is printed as not explained yet.

import type { Results } from './results.js';
import { hoistedRow, limitRow, nativeRow, peerRow, type TargetKey } from './targets.js';
import { digits, sizeName } from './text.js';

const mega = 2 ** 20;

interface Timed {
  readonly nsPerElement: { readonly median: number };
}

/**
 * For a step that is compared with something else: whether it is already as fast as the loop that only streams its arrays,
 * and how fast that would be in its place.
 */
function memory(results: Results, elements: number, step: Timed | undefined, other: Timed | undefined) {
  const share = limitRow(results, elements, 1, 'lockstep')?.shareOfStream;
  const stream = limitRow(results, elements, 1, 'stream');
  if (share === undefined || stream === undefined || step === undefined || other === undefined) return undefined;
  if (share.median < 0.95) return undefined;
  const ns = stream.nsPerElement.median;
  return (
    `The memory: a loop that only streams the same ${sizeName(elements)} elements takes ${digits(ns)} ns for each (table of ` +
    `limits, where a step reaches ${digits(share.median)} of it), and would be ${digits(other.nsPerElement.median / ns)} times ` +
    `as fast in the place of the step, which takes ${digits(step.nsPerElement.median)} ns here, where others take turns with it.`
  );
}

type Explanation = (results: Results) => string | undefined;

const againstHoisted =
  (elements: number): Explanation =>
  (results) =>
    memory(results, elements, nativeRow(results, elements), hoistedRow(results, elements));

const againstPeer =
  (name: string): Explanation =>
  (results) =>
    memory(results, mega, peerRow(results, 'lockstep'), peerRow(results, name));

export const misses: Readonly<Partial<Record<TargetKey, Explanation>>> = {
  'hoisted 1 M': againstHoisted(mega),
  'hoisted 16 M': againstHoisted(16 * mega),
  'tfjs-cpu': againstPeer('tfjs-cpu'),
  'tfjs-wasm': againstPeer('tfjs-wasm'),
  'jax-js': againstPeer('jax-js'),
  ruvector: againstPeer('@ruvector/attention'),
};
