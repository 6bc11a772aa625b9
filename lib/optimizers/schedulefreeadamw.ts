import type { Definition } from '../definition.js';
import type { CommonOptions } from '../optimizer.js';
import { momentumPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { power } from '../powers.js';
import { writePrologue } from '../rows.js';
import { scheduleFreeAdamW } from '../rules/schedulefree.js';
import type { Schedule } from '../schedule.js';
import {
  averageNumbers,
  modesOf,
  ScheduleFree,
  type ScheduleFreeOptions,
  scheduleFreeOptions,
  writeAverage,
} from './schedulefree.js';

/** The options of `ScheduleFreeAdamW`. */
export interface ScheduleFreeAdamWOptions extends ScheduleFreeOptions {
  /** Learning rate, >= 0; there is no schedule for it to follow. Default 0.0025. */
  lr?: number | Schedule;
  /** How far y lies from z to the average, in (0, 1), and the share of the average of g² that is kept, in [0, 1). Default [0.9, 0.999]. The first is fixed. */
  betas?: readonly [number, number];
  /** Added to the root, outside of it; >= 0. Default 1e-8. */
  eps?: number;
}

const c = scheduleFreeAdamW.coefficients;

const definition: Definition<ScheduleFreeAdamWOptions> = {
  options: {
    lr: scheduled(nonNegative(0.0025)),
    betas: momentumPair(0.9, 0.999),
    eps: nonNegative(1e-8),
    ...scheduleFreeOptions,
  },

  rule: () => scheduleFreeAdamW,

  scalars: () => averageNumbers,

  coefficients(row, at, options, t, numbers, numbersAt) {
    const { betas, eps, weightDecay, maximize } = options;
    const beta2 = betas[1];
    writePrologue(row, at, maximize ? -1 : 1, 0, 1);
    row[at + c.beta2] = beta2;
    row[at + c.rest2] = 1 - beta2;
    row[at + c.rootScale] = 1 / Math.sqrt(1 - power(beta2, t));
    row[at + c.eps] = eps;
    row[at + c.weightDecay] = weightDecay;
    writeAverage(row, at, c, options, betas[0], t, numbers, numbersAt);
  },

  modes: modesOf(({ betas }) => betas[0]),
};

/**
 * Schedule-Free AdamW: v ← β₂v + (1 − β₂)g²; d = ±g / (√v / √(1 − β₂ᵗ) + eps) + weightDecay·y; z ← z − lr·d;
 * x ← (1 − c)x + c·z; y ← (1 − β₁)z + β₁x, where g is taken at y, c = w / Σw and w = tʳ·lrMax^weightLrPower, so that x is
 * the average of all z so far.
 *
 * In place of AdamW with a schedule for lr: there is none to choose, nor a number of steps to know in advance, and x is
 * good at any time. lr is 1 to 10 times that of AdamW with a schedule; give it `warmupSteps`. For long runs β₁ of 0.95 or
 * 0.98 may be better.
 *
 * **Two modes.** The params are y in train mode, in which the optimizer starts, and x after `eval()`. Evaluate and save in
 * eval mode only, and best by way of `weights`, which throws in train mode; `step` throws in eval mode (both `ERR_MODE`).
 * A parameter that has not stepped yet is the same in both. Where a model has batch normalisation, run some batches through
 * it in eval mode before it is evaluated, since its statistics were taken at y.
 *
 * State: `z`, `expAvgSq` (v), and the numbers `weightSum` (Σw) and `lrMax` (the largest lr so far); `t` and these are each
 * parameter's own. x is not held: it is y + (1 − 1 / β₁)(z − y).
 *
 * Source: Defazio et al., "The Road Less Scheduled" (https://arxiv.org/abs/2405.15682), `AdamWScheduleFree` of
 * facebookresearch/schedule_free, which starts in eval mode and counts t in common for a group. Keras' form has no
 * lrMax and no modes, Optax's (`optax.contrib.schedule_free_adamw`) has lr 0 in the first step of a warm-up.
 *
 * @example
 * const optimizer = new ScheduleFreeAdamW({ w, b }, { lr: 0.0025, warmupSteps: 500 });
 * for (const epoch of epochs) {
 *   optimizer.train();
 *   for (const batch of epoch) optimizer.step(backward({ w, b }, batch));
 *   optimizer.eval();
 *   console.log(accuracy(optimizer.weights));
 * }
 * save(optimizer.weights); // in eval mode still: in train mode this throws
 */
export class ScheduleFreeAdamW<P extends Params<P>> extends ScheduleFree<P, ScheduleFreeAdamWOptions, 'expAvgSq'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: ScheduleFreeAdamWOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
