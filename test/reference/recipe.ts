/**
 * Reads the reference trajectories and rebuilds their inputs. The recipe is that of `recipe.py`: each initial
 * value and gradient is a function of (seed, step, parameter, element), and `inputsDigest` proves the two agree.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

export type Dtype = 'f32' | 'f64';
export type Floats = Float32Array | Float64Array;

/** Takes effect before `step` (from 1). `null` and `zero` list parameters by index. */
export interface GoldenEvent {
  step: number;
  lr?: number;
  null?: number[];
  zero?: number[];
}

/** What the system held after `step`. Arrays are base64 of little-endian floats, one per parameter. */
export interface GoldenCheckpoint {
  step: number;
  params: string[];
  state?: Record<string, string[]>;
  /** The parameters in eval mode, where the system has one; it went back to train mode, which `params` are of. */
  weights?: string[];
}

export interface GoldenCase {
  name: string;
  /** lockstep's class name. */
  optimizer: string;
  /** lockstep's option names; all are given. */
  options: Record<string, number | string | boolean | number[]>;
  dtype: Dtype;
  /** Lengths. */
  params: number[];
  steps: number;
  seed: number;
  events: GoldenEvent[];
  /** SHA-256 of all inputs: see `inputsDigest`. */
  inputs: string;
  /** Steps with a gradient, per parameter, at the end. */
  stepCounts: number[];
  /** How far lockstep's rule in numpy drifted at worst, in ulps of the element's largest magnitude so far. */
  drift: { params: number; state: number };
  checkpoints: GoldenCheckpoint[];
}

export interface Golden {
  generator: string;
  command: string;
  versions: Record<string, string>;
  note: string;
  cases: GoldenCase[];
}

/** The systems that were recorded: a folder each. */
export const systems = ['torch', 'timm', 'authors', 'keras', 'optax', 'tfjs', 'schedulefree'] as const;

/** How far a run may drift above `drift` of its case, in ulps. */
export const allowance = 2;

/** All files of one system, in order of file name. */
export function readGoldens(system: (typeof systems)[number]): Golden[] {
  const folder = new URL(`./${system}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Golden);
}

export function decode(base64: string, dtype: Dtype): Floats {
  const { buffer } = Uint8Array.from(Buffer.from(base64, 'base64'));
  return dtype === 'f32' ? new Float32Array(buffer) : new Float64Array(buffer);
}

/** The 32-bit finalizer `lowbias32` (Chris Wellons). */
function mix(x: number): number {
  const a = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  const b = Math.imul(a ^ (a >>> 15), 0x846ca68b);
  return (b ^ (b >>> 16)) >>> 0;
}

/** A double in [-1, 1), an exact multiple of 2^-31. */
function uniform(seed: number, step: number, param: number, index: number): number {
  return mix(mix(mix(mix(seed) + step) + param) + index) / 2 ** 31 - 1;
}

function fill(length: number, dtype: Dtype, value: (index: number) => number): Floats {
  const array = dtype === 'f32' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) array[i] = value(i);
  return array;
}

export function initialParams({ seed, params, dtype }: GoldenCase): Floats[] {
  return params.map((length, param) =>
    fill(length, dtype, (i) => ((i + param) % 8 === 3 ? 0 : uniform(seed, 0, param, i))),
  );
}

/** The gradients of `step` (from 1); `null` where the parameter has none. */
export function gradients({ seed, params, dtype, events }: GoldenCase, step: number): (Floats | null)[] {
  const event = events.find((e) => e.step === step);
  return params.map((length, param) => {
    if (event?.null?.includes(param)) return null;
    if (event?.zero?.includes(param)) return fill(length, dtype, () => 0);
    return fill(length, dtype, (i) => {
      const u = uniform(seed, step, param, i);
      const kinds = [
        u * 1e-10, // always tiny
        u * 1e6, // always huge
        step % 32 === 8 ? u * 1e9 : u, // ordinary with rare spikes
        (i + step) % 3 === 0 ? u : 0, // mostly exactly zero
        u + 0.5, // biased
        u * 1e-3, // small
      ];
      return kinds[(i + param) % 8] ?? u; // the rest is ordinary
    });
  });
}

/** SHA-256 over the bytes of all initial parameters, then of all gradients step by step; equals `inputs`. */
export function inputsDigest(golden: GoldenCase): string {
  const hash = createHash('sha256');
  for (const param of initialParams(golden)) hash.update(param);
  for (let step = 1; step <= golden.steps; step++) {
    for (const grad of gradients(golden, step)) if (grad) hash.update(grad);
  }
  return hash.digest('hex');
}
