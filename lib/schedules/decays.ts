// Schedules that go from one value to another, once.

import { pow } from '../elementary.js';
import { flag, integer, nonNegative, type OptionList, optional, positive, readKnown, required } from '../options.js';
import { power } from '../powers.js';
import { blend, progress, remaining, type Schedule, schedule } from './schedule.js';

/**
 * The same value at every step.
 *
 * Optax: `constant_schedule`; transformers: `get_constant_schedule`.
 *
 * @param value a finite number >= 0
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function constant(value: number): Schedule {
  const checked = nonNegative(0).check('value', value);
  return schedule(() => checked);
}

/** The options of `schedules.linear`. */
export interface LinearOptions {
  /** The value at step 0, >= 0. */
  from: number;
  /** The value at step `steps` and after, >= 0. Default 0. */
  to?: number;
  /** How many steps it takes, an integer >= 1. */
  steps: number;
}

const span: OptionList<LinearOptions> = {
  from: required(nonNegative(0)),
  to: nonNegative(0),
  steps: required(integer(1, 1)),
};

/**
 * A straight line: to + (from − to)(1 − t / steps).
 *
 * PyTorch: `LinearLR`, with from = lr · start_factor, to = lr · end_factor; Optax: `linear_schedule`; transformers:
 * `get_linear_schedule_with_warmup`, with `warmup` around it.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function linear(options: LinearOptions): Schedule {
  const { from, to, steps } = readKnown(span, options);
  return schedule((step) => blend(from, to, remaining('linear', progress(step, steps))));
}

/** The options of `schedules.polynomial`. */
export interface PolynomialOptions extends LinearOptions {
  /** The exponent, > 0. Default 1. */
  power?: number;
}

const polynomialOptions: OptionList<PolynomialOptions> = { ...span, power: positive(1) };

/**
 * A power of what is left: to + (from − to)(1 − t / steps)^power.
 *
 * PyTorch: `PolynomialLR`; Optax: `polynomial_schedule`; transformers: `get_polynomial_decay_schedule_with_warmup`, with
 * `warmup` around it.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function polynomial(options: PolynomialOptions): Schedule {
  const { from, to, steps, power } = readKnown(polynomialOptions, options);
  return schedule((step) => blend(from, to, raise(1 - progress(step, steps), power)));
}

/** The options of `schedules.cosine`. */
export interface CosineOptions extends LinearOptions {
  /** The exponent of the wave, > 0. Default 1. */
  exponent?: number;
  /** How many waves, > 0. Default 0.5: from crest to trough. */
  cycles?: number;
}

const cosineOptions: OptionList<CosineOptions> = { ...span, exponent: positive(1), cycles: positive(0.5) };

/**
 * Half a cosine wave: to + (from − to)((1 + cos(2π · cycles · t / steps)) / 2)^exponent. Source: Loshchilov, Hutter, "SGDR"
 * (https://arxiv.org/abs/1608.03983).
 *
 * PyTorch: `CosineAnnealingLR`, up to T_max, after which PyTorch rises again; Optax: `cosine_decay_schedule`, with
 * to = alpha · from, and `warmup_cosine_decay_schedule`, with `warmup` around it; transformers:
 * `get_cosine_schedule_with_warmup` and `get_cosine_with_min_lr_schedule_with_warmup`, with `warmup` around it.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function cosine(options: CosineOptions): Schedule {
  const { from, to, steps, exponent, cycles } = readKnown(cosineOptions, options);
  return schedule((step) => blend(from, to, raise(remaining('cosine', 2 * cycles * progress(step, steps)), exponent)));
}

/** The options of `schedules.exponential`. */
export interface ExponentialOptions {
  /** The value at step 0, >= 0. */
  from: number;
  /** What the value is multiplied by in `steps` steps, > 0. */
  gamma: number;
  /** In how many steps, an integer >= 1. Default 1. */
  steps?: number;
  /** Whether to multiply once in `steps` steps instead of a little at each. Default false. */
  staircase?: boolean;
  /** Where it stops, >= 0: the least value where gamma < 1, else the largest. Default: nowhere. */
  to?: number;
}

const exponentialOptions = {
  from: required(nonNegative(0)),
  gamma: required(positive(1)),
  steps: integer(1, 1),
  staircase: flag(false),
  to: optional(nonNegative(0)),
};

/**
 * The same factor over and over: from · gamma^(t / steps), the exponent rounded down with `staircase`.
 *
 * PyTorch: `ExponentialLR`, and `StepLR` with `staircase`; Optax: `exponential_decay`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function exponential(options: ExponentialOptions): Schedule {
  const { from, gamma, steps, staircase, to } = readKnown(exponentialOptions, options);
  const bound = to === undefined ? (value: number) => value : gamma < 1 ? least(to) : most(to);
  return schedule((step) => {
    const times = step / steps;
    return bound(from * geometric(gamma, staircase ? Math.floor(times) : times));
  });
}

/** The options of `schedules.inverseSqrt`. */
export interface InverseSqrtOptions {
  /** The value at step 0, >= 0. */
  from: number;
  /** After how many steps the value is 1 / √2 of that, > 0; usually the steps of the warm-up. */
  timescale: number;
}

const inverseSqrtOptions: OptionList<InverseSqrtOptions> = {
  from: required(nonNegative(0)),
  timescale: required(positive(1)),
};

/**
 * One over the root of time: from · √(timescale / (timescale + t)). It has no end.
 *
 * transformers: `get_inverse_sqrt_schedule`, with `warmup` around it; with the steps of the warm-up as timescale, that of
 * Vaswani et al., "Attention Is All You Need" (https://arxiv.org/abs/1706.03762).
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function inverseSqrt(options: InverseSqrtOptions): Schedule {
  const { from, timescale } = readKnown(inverseSqrtOptions, options);
  return schedule((step) => from * Math.sqrt(timescale / (timescale + step)));
}

/** gamma ** times, for gamma > 0 and times >= 0: with all bits in the usual case, a whole number of decays. */
export function geometric(gamma: number, times: number): number {
  return gamma < 1 && Number.isSafeInteger(times) ? power([gamma], 0, times) : pow(gamma, times);
}

/** share ** exponent, for a share in [0, 1]. */
function raise(share: number, exponent: number): number {
  return exponent === 1 || share === 0 ? share : pow(share, exponent);
}

const least = (bound: number) => (value: number) => Math.max(value, bound);
const most = (bound: number) => (value: number) => Math.min(value, bound);
