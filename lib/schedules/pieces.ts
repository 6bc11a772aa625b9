// Schedules that are given step by step.

import {
  choice,
  integer,
  nonNegative,
  type Option,
  type OptionList,
  positive,
  readKnown,
  refuse,
  required,
} from '../options.js';
import { entryOf } from '../own.js';
import { geometric } from './decays.js';
import { blend, checkIncreasing, listOf, remaining, type Schedule, schedule } from './schedule.js';

/** The options of `schedules.step`. */
export interface StepOptions {
  /** The value at step 0, >= 0. */
  from: number;
  /** How many steps the value stays, an integer >= 1. */
  stepSize: number;
  /** What it is multiplied by then, > 0. Default 0.1. */
  gamma?: number;
}

const stepOptions: OptionList<StepOptions> = {
  from: required(nonNegative(0)),
  stepSize: required(integer(1, 1)),
  gamma: positive(0.1),
};

/**
 * A stair of equal steps: from · gamma^⌊t / stepSize⌋. It has no end.
 *
 * PyTorch: `StepLR`; Optax: `exponential_decay` with `staircase`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function step(options: StepOptions): Schedule {
  const { from, stepSize, gamma } = readKnown(stepOptions, options);
  return schedule((step) => from * geometric(gamma, Math.floor(step / stepSize)));
}

/** The options of `schedules.multiStep`. */
export interface MultiStepOptions {
  /** The value at step 0, >= 0. */
  from: number;
  /** The steps from which on the value is multiplied once more: increasing integers >= 1. */
  milestones: readonly number[];
  /** What it is multiplied by, > 0. Default 0.1. */
  gamma?: number;
}

const multiStepOptions: OptionList<MultiStepOptions> = {
  from: required(nonNegative(0)),
  milestones: required(listOf(integer(1, 1), 1, 'an array of at least one step')),
  gamma: positive(0.1),
};

/**
 * A stair with steps where you want them: from · gamma^(how many milestones are <= t).
 *
 * PyTorch: `MultiStepLR`; Optax: `piecewise_constant_schedule` with the same scale at each boundary.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function multiStep(options: MultiStepOptions): Schedule {
  const { from, milestones, gamma } = readKnown(multiStepOptions, options);
  checkIncreasing(milestones, (i) => `milestones[${i}]`);
  return schedule((step) => from * geometric(gamma, milestones.filter((milestone) => milestone <= step).length));
}

/** The options of `schedules.piecewise`. */
export interface PiecewiseOptions {
  /** Steps and the values at them: at least one pair, the steps increasing integers >= 0, the values >= 0. */
  points: readonly (readonly [step: number, value: number])[];
  /** What is between them: the value of the point before, a straight line, or half a cosine wave. Default 'constant'. */
  interpolation?: 'constant' | 'linear' | 'cosine';
}

const point: Option<readonly [step: number, value: number]> = {
  default: [0, 0],
  check(name, value) {
    if (!Array.isArray(value) || value.length !== 2) throw refuse(name, value, 'a pair of step and value', 'array');
    return [
      integer(0, 0).check(`${name}[0]`, entryOf(value, 0)),
      nonNegative(0).check(`${name}[1]`, entryOf(value, 1)),
    ];
  },
};

const piecewiseOptions: OptionList<PiecewiseOptions> = {
  points: required(listOf(point, 1, 'an array of at least one pair of step and value')),
  interpolation: choice('constant', 'constant', 'linear', 'cosine'),
};

/**
 * Through given points. Before the first it has that one's value, after the last that one's.
 *
 * Optax: `piecewise_constant_schedule` and `piecewise_interpolate_schedule`, whose scales multiply up to the values here,
 * and `linear_onecycle_schedule` and `cosine_onecycle_schedule`, which are made of it; PyTorch: `ConstantLR`.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`
 */
export function piecewise(options: PiecewiseOptions): Schedule {
  const { points, interpolation } = readKnown(piecewiseOptions, options);
  checkIncreasing(
    points.map(([at]) => at),
    (i) => `points[${i}][0]`,
  );
  return schedule((step) => {
    const next = points.findIndex(([at]) => at > step);
    if (next === 0) return points[0][1];
    if (next === -1) return points[points.length - 1][1];
    const [[start, from], [end, to]] = [points[next - 1], points[next]];
    if (interpolation === 'constant') return from;
    return blend(from, to, remaining(interpolation, (step - start) / (end - start)));
  });
}
