import { type Definition, writeDecay } from '../definition.js';
import type { CommonOptions } from '../optimizer.js';
import { fixed, nonNegative, openFraction, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { scheduleFreeSGD } from '../rules/schedulefree.js';
import type { Schedule } from '../schedule.js';
import {
  averageNumbers,
  modesOf,
  ScheduleFree,
  type ScheduleFreeOptions,
  scheduleFreeOptions,
  writeAverage,
} from './schedulefree.js';

/** The options of `ScheduleFreeSGD`. */
export interface ScheduleFreeSGDOptions extends ScheduleFreeOptions {
  /** Learning rate, >= 0; there is no schedule for it to follow. Default 1. */
  lr?: number | Schedule;
  /** How far y lies from z to the average, in (0, 1). Default 0.9. Fixed. */
  momentum?: number;
}

const definition: Definition<ScheduleFreeSGDOptions> = {
  options: { lr: scheduled(nonNegative(1)), momentum: fixed(openFraction(0.9)), ...scheduleFreeOptions },

  rule: () => scheduleFreeSGD,

  scalars: () => averageNumbers,

  coefficients(row, at, options, t, numbers, numbersAt) {
    writeDecay(row, at, options, 'l2');
    writeAverage(row, at, scheduleFreeSGD.coefficients, options, options.momentum, t, numbers, numbersAt);
  },

  modes: modesOf(({ momentum }) => momentum),
};

/**
 * Schedule-Free SGD: z ← z − lr·g; x ← (1 − c)x + c·z; y ← (1 − momentum)z + momentum·x, where g ← ±g + weightDecay·y is
 * taken at y, c = w / Σw and w = tʳ·lrMax^weightLrPower, so that x is the average of all z so far.
 *
 * In place of SGD with momentum and a schedule for lr: there is none to choose, nor a number of steps to know in advance,
 * and x is good at any time. lr is 10 to 50 times that of SGD with a schedule.
 *
 * **Two modes.** The params are y in train mode, in which the optimizer starts, and x after `eval()`. Evaluate and save in
 * eval mode only, and best by way of `weights`, which throws in train mode; `step` throws in eval mode (both `ERR_MODE`).
 * A parameter that has not stepped yet is the same in both. Where a model has batch normalisation, run some batches through
 * it in eval mode before it is evaluated, since its statistics were taken at y.
 *
 * State: `z`, and the numbers `weightSum` (Σw) and `lrMax` (the largest lr so far); `t` and these are each parameter's own.
 * x is not held: it is y + (1 − 1 / momentum)(z − y).
 *
 * Source: Defazio et al., "The Road Less Scheduled" (https://arxiv.org/abs/2405.15682), `SGDScheduleFree` of
 * facebookresearch/schedule_free, which starts in eval mode and counts t in common for a group. Optax's form
 * (`optax.contrib.schedule_free_sgd`) has lr 0 in the first step of a warm-up.
 *
 * @example
 * const optimizer = new ScheduleFreeSGD({ w, b }, { lr: 1, warmupSteps: 500 });
 * for (const epoch of epochs) {
 *   optimizer.train();
 *   for (const batch of epoch) optimizer.step(backward({ w, b }, batch));
 *   optimizer.eval();
 *   console.log(accuracy(optimizer.weights));
 * }
 * save(optimizer.weights); // in eval mode still: in train mode this throws
 */
export class ScheduleFreeSGD<P extends Params<P>> extends ScheduleFree<P, ScheduleFreeSGDOptions, never> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: ScheduleFreeSGDOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
