// Schedules made of schedules.

import { checkAnswer, choice, integer, nonNegative, type OptionList, readKnown, refuse, required } from '../options.js';
import { constant } from './decays.js';
import {
  answering,
  blend,
  checkIncreasing,
  checkSchedule,
  checkSchedules,
  listOf,
  progress,
  remaining,
  type Schedule,
  type Shape,
  schedule,
  shape,
} from './schedule.js';

/**
 * One after the other: schedules[i] from boundaries[i − 1] on, each counting its steps from there.
 *
 * PyTorch: `SequentialLR`; Optax: `join_schedules`.
 *
 * @param schedules at least one
 * @param boundaries where the second one starts, and each that follows: increasing integers >= 0
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function join(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  const parts = checkSchedules('schedules', schedules);
  const starts = listOf(integer(0, 0), 0, 'an array of steps').check('boundaries', boundaries);
  if (starts.length !== parts.length - 1) {
    throw refuse('boundaries', boundaries, 'an array with one entry fewer than schedules', 'array');
  }
  checkIncreasing(starts, (i) => `boundaries[${i}]`);
  return schedule((step) => {
    const part = starts.filter((start) => start <= step).length;
    return parts[part](part === 0 ? step : step - starts[part - 1]);
  });
}

/**
 * The product of schedules, all at the same step: one has the values, the others factors.
 *
 * PyTorch: `ChainedScheduler`.
 *
 * @param schedules at least one
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function chain(schedules: readonly Schedule[]): Schedule {
  const factors = checkSchedules('schedules', schedules);
  return schedule((step) => factors.reduce((product, factor) => product * factor(step), 1));
}

/** The options of `schedules.delay`. */
export interface DelayOptions {
  /** How many steps the first value stays before the schedule starts, an integer >= 0. */
  steps: number;
}

const delayOptions: OptionList<DelayOptions> = { steps: required(integer(0, 0)) };

/**
 * A schedule that starts later, and has its first value until then: schedule(max(0, t − steps)).
 *
 * Optax: `transition_begin`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function delay(delayed: Schedule, options: DelayOptions): Schedule {
  checkSchedule('schedule', delayed);
  const { steps } = readKnown(delayOptions, options);
  const valueAt = answering('schedule', delayed);
  return schedule((step) => valueAt(Math.max(0, step - steps)));
}

/** The options of `schedules.warmup`. */
export interface WarmupOptions {
  /** How many steps it takes, an integer >= 0. */
  steps: number;
  /** Where it starts, >= 0. Default 0. */
  from?: number;
  /** How it goes up. Default 'linear'. */
  shape?: Shape;
  /**
   * Where in the first step: with 0 at `from`, so that a warm-up from 0 changes nothing in its first step, as in Optax and
   * transformers; with 1 already a step further, and at the top in the last, as in llm.c. Default 0.
   */
  offset?: 0 | 1;
}

const warmupOptions: OptionList<WarmupOptions> = {
  steps: required(integer(0, 0)),
  from: nonNegative(0),
  shape: shape('linear'),
  offset: choice<0 | 1>(0, 0, 1),
};

/**
 * A schedule with a warm-up before it: from + (schedule(0) − from) · r((t + offset) / steps), then schedule(t − steps).
 * r(x) is x, with shape 'cosine' (1 − cos(πx)) / 2, with '1-sqrt' 1 − √(1 − x).
 *
 * Optax: `warmup_constant_schedule`, `warmup_cosine_decay_schedule` (whose decay_steps count the warm-up, too),
 * `warmup_exponential_decay_schedule`; transformers: all schedules "with warmup"; PyTorch: `LinearLR` in `SequentialLR`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function warmup(warmed: Schedule, options: WarmupOptions): Schedule {
  checkSchedule('schedule', warmed);
  const { steps, from, shape, offset } = readKnown(warmupOptions, options);
  const top = checkAnswer(nonNegative(0), 'schedule(0)', warmed(0));
  const valueAt = answering('schedule', warmed);
  const rising = (share: number) => (shape === 'linear' ? share : remaining(shape, 1 - share));
  return schedule((step) =>
    step < steps ? blend(top, from, rising(progress(step + offset, steps))) : valueAt(step - steps),
  );
}

/** The options of `schedules.wsd`. */
export interface WSDOptions {
  /** The value in the middle, >= 0. */
  peak: number;
  /** How many steps it goes up to the peak, an integer >= 0. */
  warmupSteps: number;
  /** How many steps it stays there, an integer >= 0. */
  stableSteps: number;
  /** How many steps it goes down, an integer >= 1. */
  decaySteps: number;
  /** The value at step 0, where there is a warm-up; >= 0. Default 0. */
  from?: number;
  /** The value at the end and after, >= 0. Default 0. */
  to?: number;
  /** How it goes up. Default 'linear'. */
  warmupShape?: Shape;
  /** How it goes down. Default 'cosine'. */
  decayShape?: Shape;
}

const wsdOptions: OptionList<WSDOptions> = {
  peak: required(nonNegative(0)),
  warmupSteps: required(integer(0, 0)),
  stableSteps: required(integer(0, 0)),
  decaySteps: required(integer(1, 1)),
  from: nonNegative(0),
  to: nonNegative(0),
  warmupShape: shape('linear'),
  decayShape: shape('cosine'),
};

/**
 * Warm-up, stable, decay: up to the peak as `warmup` goes, there for `stableSteps`, and down to
 * to + (peak − to) · d((t − warmupSteps − stableSteps) / decaySteps). d(x) is (1 + cos(πx)) / 2, with shape 'linear' 1 − x,
 * with '1-sqrt' 1 − √x. Source: Hu et al., "MiniCPM" (https://arxiv.org/abs/2404.06395); 1 − √x is of Hägele et al.,
 * "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations" (https://arxiv.org/abs/2405.18392).
 *
 * transformers: `get_wsd_schedule`, with from = to = peak · min_lr_ratio.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function wsd(options: WSDOptions): Schedule {
  const { peak, warmupSteps, stableSteps, decaySteps, from, to, warmupShape, decayShape } = readKnown(
    wsdOptions,
    options,
  );
  const decay = schedule((step) => blend(peak, to, remaining(decayShape, progress(step, decaySteps))));
  const afterwards = join([constant(peak), decay], [stableSteps]);
  return warmup(afterwards, { steps: warmupSteps, from, shape: warmupShape });
}
