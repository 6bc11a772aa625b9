// Schedules that go up and down.

import { rangeError } from '../errors.js';
import {
  choice,
  flag,
  integer,
  nonNegative,
  type OptionList,
  positive,
  readKnown,
  required,
  upToOne,
} from '../options.js';
import { geometric } from './decays.js';
import { blend, remaining, type Schedule, schedule } from './schedule.js';

/** The options of `schedules.cosineRestarts`. */
export interface CosineRestartsOptions {
  /** The value at step 0, >= 0. */
  from: number;
  /** What each cycle goes down to, >= 0. Default 0. */
  to?: number;
  /** How many steps the first cycle takes, > 0; need not be whole. */
  steps: number;
  /** How many times longer each cycle is than the one before, an integer >= 1. Default 1. */
  growth?: number;
  /** What the height of a cycle, from − to, is multiplied by at each restart, > 0. Default 1. */
  gamma?: number;
  /** After how many cycles the value stays at `to`, an integer >= 1. Default: never. */
  cycles?: number;
}

const cosineRestartsOptions = {
  from: required(nonNegative(0)),
  to: nonNegative(0),
  steps: required(positive(1)),
  growth: integer(1, 1),
  gamma: positive(1),
  cycles: integer(1, undefined),
};

/**
 * Half a cosine wave, again and again (SGDR): to + gamma^n · (from − to)(1 + cos(π · s / T)) / 2, at step s of cycle n,
 * which has T = steps · growth^n steps. Source: Loshchilov, Hutter, "SGDR" (https://arxiv.org/abs/1608.03983).
 *
 * PyTorch: `CosineAnnealingWarmRestarts`; Optax: `sgdr_schedule`, where each cycle is the last one scaled; transformers:
 * `get_cosine_with_hard_restarts_schedule_with_warmup`, with `warmup` around it and steps = all of them / cycles.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const { from, to, steps, growth, gamma, cycles = Infinity } = readKnown(cosineRestartsOptions, options);
  return schedule((step) => {
    const [cycle, length, at] = cycleAt(step, steps, growth);
    return cycle < cycles ? blend(from, to, geometric(gamma, cycle) * remaining('cosine', at / length)) : to;
  });
}

/** Which cycle a step is in, the cycle's length, and how far into it the step is; exactly, where `steps` is whole. */
function cycleAt(step: number, steps: number, growth: number): readonly [cycle: number, length: number, at: number] {
  if (growth === 1) {
    const at = step % steps;
    return [Math.round((step - at) / steps), steps, at];
  }
  let cycle = 0;
  let length = steps;
  let at = step;
  while (at >= length) {
    at -= length;
    length *= growth;
    cycle++;
  }
  return [cycle, length, at];
}

/** The options of `schedules.cyclic`. */
export interface CyclicOptions {
  /** The lowest value, and that at step 0; >= 0. */
  from: number;
  /** The highest value, >= 0. */
  peak: number;
  /** How many steps it goes up, an integer >= 1. Default 2,000. */
  stepsUp?: number;
  /** How many steps it goes down, an integer >= 1. Default: as many as up. */
  stepsDown?: number;
  /** What becomes of the height: the same in each cycle, half of that before, or gamma^t. Default 'triangular'. */
  mode?: 'triangular' | 'triangular2' | 'expRange';
  /** For 'expRange', > 0. Default 1. */
  gamma?: number;
}

const cyclicOptions = {
  from: required(nonNegative(0)),
  peak: required(nonNegative(0)),
  stepsUp: integer(1, 2000),
  stepsDown: integer(1, undefined),
  mode: choice('triangular', 'triangular', 'triangular2', 'expRange'),
  gamma: positive(1),
};

/**
 * Up and down on straight lines, again and again: from + (peak − from) · h · r, where h goes from 0 to 1 in `stepsUp` and
 * back in `stepsDown` steps, and r is 1, in mode 'triangular2' 2^−n in cycle n, in 'expRange' gamma^t. Source: Smith,
 * "Cyclical Learning Rates for Training Neural Networks" (https://arxiv.org/abs/1506.01186).
 *
 * PyTorch: `CyclicLR`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function cyclic(options: CyclicOptions): Schedule {
  const { from, peak, stepsUp, stepsDown = stepsUp, mode, gamma } = readKnown(cyclicOptions, options);
  return schedule((step) => {
    const [cycle, length, at] = cycleAt(step, stepsUp + stepsDown, 1);
    const height = at <= stepsUp ? at / stepsUp : (length - at) / stepsDown;
    const scale = { triangular: 1, triangular2: geometric(0.5, cycle), expRange: geometric(gamma, step) }[mode];
    return blend(peak, from, height * scale);
  });
}

/** The options of `schedules.oneCycle`. */
export interface OneCycleOptions {
  /** The largest value, >= 0. */
  peak: number;
  /** How many steps it takes; the last value is that of step `steps` − 1. An integer >= 1. */
  steps: number;
  /** The share of the steps that go up, in [0, 1]; at most 0.5 with `threePhase`. Default 0.3. */
  pctStart?: number;
  /** How it goes up and down. Default 'cosine'. */
  anneal?: 'cosine' | 'linear';
  /** The first value is peak / divFactor; > 0. Default 25. */
  divFactor?: number;
  /** The last value is that / finalDivFactor; > 0. Default 10,000. */
  finalDivFactor?: number;
  /** Whether to go down to the first value as fast as up, and from there to the last. Default false: down in one go. */
  threePhase?: boolean;
}

const oneCycleOptions: OptionList<OneCycleOptions> = {
  peak: required(nonNegative(0)),
  steps: required(integer(1, 1)),
  pctStart: upToOne(0.3),
  anneal: choice('cosine', 'cosine', 'linear'),
  divFactor: positive(25),
  finalDivFactor: positive(10_000),
  threePhase: flag(false),
};

/**
 * Up to the peak, down to almost nothing, once: from peak / divFactor at step 0 over the peak at pctStart · steps − 1 to
 * peak / divFactor / finalDivFactor at steps − 1, each way half a cosine wave or a straight line. Source: Smith, Topin,
 * "Super-Convergence" (https://arxiv.org/abs/1708.07120).
 *
 * PyTorch: `OneCycleLR`. Optax's `cosine_onecycle_schedule` and `linear_onecycle_schedule` turn at other steps: see
 * `piecewise`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, steps, pctStart, anneal, divFactor, finalDivFactor, threePhase } = readKnown(oneCycleOptions, options);
  if (threePhase && pctStart > 0.5) {
    const expected = 'pctStart must be <= 0.5 with threePhase, which goes down as long as up';
    throw rangeError('ERR_INVALID_OPTION', `${expected}, received ${pctStart}`);
  }
  const first = peak / divFactor;
  const turns = [
    [0, first],
    [pctStart * steps - 1, peak],
    ...(threePhase ? [[2 * pctStart * steps - 2, first]] : []),
    [steps - 1, first / finalDivFactor],
  ];
  return schedule((step) => {
    const at = Math.min(step, steps - 1);
    const next = turns.findIndex(([turn], i) => i > 0 && (at <= turn || i === turns.length - 1));
    const [[start, from], [end, to]] = [turns[next - 1], turns[next]];
    return blend(from, to, start === end ? 0 : remaining(anneal, (at - start) / (end - start)));
  });
}
