import { type Definition, writeDecay } from '../definition.js';
import type { CommonOptions } from '../optimizer.js';
import { fixed, nonNegative, openFraction, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/schedulefree.js';
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
  /** Learning rate, >= 0; it needs no schedule. Default 1. */
  lr?: number | Schedule;
  /** How far y lies from z to the average, in (0, 1); `eval()` divides by it, so near 0 the average is lost. Default 0.9. Fixed. */
  momentum?: number;
}

const definition: Definition<ScheduleFreeSGDOptions> = {
  options: { lr: scheduled(nonNegative(1)), momentum: fixed(openFraction(0.9)), ...scheduleFreeOptions },

  rule: () => rules.ScheduleFreeSGD,

  scalars: () => averageNumbers,

  coefficients(row, at, options, t, numbers, numbersAt) {
    writeDecay(row, at, options, 'l2');
    writeAverage(row, at, rules.ScheduleFreeSGD.coefficients, options, options.momentum, t, numbers, numbersAt);
  },

  modes: modesOf(({ momentum }) => momentum),
};

/**
 * Schedule-Free SGD: gradients are taken between SGD's own W and the average of these, which is the result.
 *
 * ```text
 * η ← lr·min(1, t / warmupSteps)                 once a step, in f64
 * λ ← max(λ, η), Σ ← Σ + tʳ·λ^weightLrPower
 * c ← tʳ·λ^weightLrPower / Σ
 *
 * g ← ±g + weightDecay·y                         the gradient is that at y; − with maximize
 * z ← y                                          in the first step only
 * y ← y + c·(z − y) − η·(1 − momentum·(1 − c))·g
 * z ← z − η·g
 * ```
 *
 * These are, without x being held, z ← z − η·g; x ← (1 − c)·x + c·z; y ← (1 − momentum)·z + momentum·x: x is the average
 * of all z, and x = y + (1 − 1 / momentum)·(z − y). t is the parameter's own count of steps.
 *
 * **Two modes.** The params are y in train mode, in which the optimizer starts, and x after `eval()`. Evaluate and save in
 * eval mode only, and best by way of `weights`, which throws in train mode; `step` throws in eval mode (both `ERR_MODE`).
 * A parameter that has not stepped yet is the same in both. Where a model has batch normalisation, run some batches through
 * it in eval mode before it is evaluated, since its statistics were taken at y.
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
 *
 * @when In place of `SGD` with momentum and a schedule for lr: there is none to choose, nor a number of steps to know in
 * advance, and x is good at any time. Take an lr 10 to 50 times that of SGD with a schedule.
 *
 * @state An array of the parameter's type and length:
 * - `z`: z.
 *
 * And numbers of each parameter, which start with 0:
 * - `weightSum`: Σ.
 * - `lrMax`: λ.
 *
 * @dialects There are none: this is the authors' form, which starts in eval mode and counts t in common for a group. Optax's
 * (`optax.contrib.schedule_free_sgd`) has lr 0 in the first step of a warm-up.
 *
 * @source Defazio et al., "The Road Less Scheduled" (https://arxiv.org/abs/2405.15682), `SGDScheduleFree` of
 * facebookresearch/schedule_free.
 */
export class ScheduleFreeSGD<P extends Params<P>> extends ScheduleFree<P, ScheduleFreeSGDOptions, never> {
  constructor(params: P, given: ScheduleFreeSGDOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
