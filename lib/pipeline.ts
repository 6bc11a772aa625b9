// What a step does around its rule: gradients scaled, checked and clipped before it, weights averaged after it.

import {
  choice,
  fixed,
  fixedObjectOrNone,
  flag,
  integer,
  type OptionList,
  positive,
  positiveOrInfinity,
  upToOne,
} from './options.js';
import { powersAt } from './powers.js';

/** How gradients whose norm is too large are scaled down. */
export type ClipNormForm = 'torch' | 'optax';

/** What becomes of a step whose gradients have an element that is NaN or infinite, or whose square overflows in the rule. */
export type NonFinite = 'propagate' | 'skip' | 'throw';

/** A running average of the weights that forgets. */
export interface EmaOptions {
  /** The share of the average that is kept in each step, in [0, 1]. Default 0.999. */
  decay?: number;
  /** Whether the decay is at most (1 + t) / (10 + t) in step t, so that the average follows the first steps. Default false. */
  warmup?: boolean;
  /** Whether the average is that of the weights so far, without the bias towards the first. Default false. */
  debias?: boolean;
}

/** The plain average of the weights of many steps (stochastic weight averaging). */
export interface SwaOptions {
  /** The first step whose weights count. Default 1. */
  start?: number;
  /** Of how many steps one counts. Default 1. */
  every?: number;
}

/** What every optimizer can do with gradients and weights around its rule. */
export interface PipelineOptions {
  /** What gradients are multiplied by, such as 1 / batch; > 0. Default 1. */
  gradScale?: number;
  /** The largest norm of all gradients together; > 0. Larger ones are scaled down. Default Infinity. */
  clipNorm?: number;
  /** 'torch' multiplies by min(1, clipNorm / (norm + 1e-6)); 'optax' by clipNorm / norm, where that is less than 1. Default 'torch'. */
  clipNormForm?: ClipNormForm;
  /** The largest norm of the gradient of each parameter; > 0. Comes before `clipNorm`. Default Infinity. */
  clipTensorNorm?: number;
  /** The largest absolute value of an element; > 0. Comes before the norms. Default Infinity. */
  clipValue?: number;
  /** Whether `report.gradNorm` has the norm of all gradients also where nothing is clipped, and in calls that only gather. Default false. */
  gradNorm?: boolean;
  /**
   * What becomes of a step whose gradients have an element that is NaN or infinite, or whose square overflows in the rule:
   * 'propagate' does the step, 'skip' changes nothing and sets `report.nonFinite`, 'throw' is an `ERR_NON_FINITE` error. 'skip' and
   * 'throw' also drop gathered gradients. Default 'propagate'.
   */
  nonFinite?: NonFinite;
  /** Whether the gradients are set to zero once they are used. Default false. */
  zeroGrad?: boolean;
  /** A running average of the weights beside them. Default none. Fixed. */
  ema?: EmaOptions | null;
  /** The plain average of the weights, instead of `ema`. Default none. Fixed. */
  swa?: SwaOptions | null;
  /** How many calls of `step` gather gradients for one step. Default 1. Fixed. */
  accumulate?: number;
  /** Whether gathered gradients are averaged or summed. Default 'mean'. */
  accumulateMode?: 'mean' | 'sum';
}

export const pipelineOptions: OptionList<PipelineOptions> = {
  gradScale: positive(1),
  clipNorm: positiveOrInfinity(Infinity),
  clipNormForm: choice<ClipNormForm>('torch', 'torch', 'optax'),
  clipTensorNorm: positiveOrInfinity(Infinity),
  clipValue: positiveOrInfinity(Infinity),
  gradNorm: flag(false),
  nonFinite: choice<NonFinite>('propagate', 'propagate', 'skip', 'throw'),
  zeroGrad: flag(false),
  ema: fixedObjectOrNone<EmaOptions>({ decay: upToOne(0.999), warmup: flag(false), debias: flag(false) }),
  swa: fixedObjectOrNone<SwaOptions>({ start: integer(1, 1), every: integer(1, 1) }),
  accumulate: fixed(integer(1, 1)),
  accumulateMode: choice<'mean' | 'sum'>('mean', 'mean', 'sum'),
};

export type Pipeline = Required<PipelineOptions>;

export function pipelineConflict({ ema, swa }: Pipeline): string | undefined {
  return ema !== null && swa !== null
    ? 'ema and swa must not both be given: there is one average of the weights'
    : undefined;
}

export function keepsAverage({ ema, swa }: Pipeline): boolean {
  return ema !== null || swa !== null;
}

/** How many steps a parameter takes until it has an average. */
export function firstAverage({ swa }: Pipeline): number {
  return swa?.start ?? 1;
}

/** Writes to `row[at]` how far the average goes towards the weights after step `t`: average ← average + share·(W − average). */
export function writeAverageShare(row: Float64Array, at: number, { ema, swa }: Pipeline, t: number): void {
  if (swa !== null) {
    const { start = 1, every = 1 } = swa;
    row[at] = t < start || (t - start) % every !== 0 ? 0 : 1 / ((t - start) / every + 1);
    return;
  }
  if (ema === null || t === 1) {
    row[at] = ema === null ? 0 : 1;
    return;
  }
  const { decay = 0, warmup, debias } = ema;
  const kept = warmup ? Math.min(decay, (1 + t) / (10 + t)) : decay;
  row[at] = 1 - kept;
  if (!debias || kept === 1) return;
  // The debiased average of t weights is that of t - 1 with this share of the new one.
  writeKeptOfNothing(ema, t);
  row[at] /= 1 - keptOfNothing[0];
}

const decays = new Float64Array(1);
const keptOfNothing = new Float64Array(1);

/**
 * Writes the share of what was there before any step that an average would still hold: the product of all decays so far. To
 * an array, since to return it would be an allocation (powers.ts).
 */
function writeKeptOfNothing({ decay = 0, warmup }: NonNullable<Pipeline['ema']>, t: number): void {
  // As long as decay is not reached, the product of (1 + i) / (10 + i) for i = 1 … warm is 10! / ((warm + 2) … (warm + 10)).
  const warm = warmup ? Math.max(0, Math.min(t, Math.floor((10 * decay - 1) / (1 - decay)))) : 0;
  let kept = 1;
  for (let k = 2; warmup && k <= 10; k++) kept *= k / (warm + k);
  decays[0] = decay;
  keptOfNothing[0] = kept * powersAt(decays, t - warm)[0];
}

/** What gradients of this norm are multiplied by, so that it becomes at most `most`. */
export function clipCoefficient(form: ClipNormForm, norm: number, most: number): number {
  if (most === Infinity) return 1;
  if (form === 'torch') return Math.min(1, most / (norm + 1e-6));
  return norm < most ? 1 : most / norm;
}
