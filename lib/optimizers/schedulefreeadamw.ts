import type { Definition } from '../definition.js';
import type { CommonOptions } from '../optimizer.js';
import { momentumPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt } from '../powers.js';
import { before } from '../rows.js';
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

/** The options of `ScheduleFreeAdamW`. */
export interface ScheduleFreeAdamWOptions extends ScheduleFreeOptions {
  /** Learning rate, >= 0; it needs no schedule. Default 0.0025. */
  lr?: number | Schedule;
  /** How far y lies from z to the average, in (0, 1), and the share of the average of g² that is kept, in [0, 1). Default [0.9, 0.999]. The first is fixed. */
  betas?: readonly [number, number];
  /** Added to the root, outside of it; > 0 in the type of the params. Default 1e-8. */
  eps?: number;
}

const c = rules.ScheduleFreeAdamW.coefficients;

const definition: Definition<ScheduleFreeAdamWOptions> = {
  options: {
    lr: scheduled(nonNegative(0.0025)),
    betas: momentumPair(0.9, 0.999),
    eps: nonNegative(1e-8),
    ...scheduleFreeOptions,
  },

  squares: true,

  dividesByEps: () => true,

  rule: () => rules.ScheduleFreeAdamW,

  scalars: () => averageNumbers,

  coefficients(row, at, options, t, numbers, numbersAt) {
    const { betas, eps, weightDecay, maximize } = options;
    const beta2 = betas[1];
    row[at + before.gradScale] = maximize ? -1 : 1;
    row[at + c.beta2] = beta2;
    row[at + c.rest2] = 1 - beta2;
    row[at + c.rootScale] = 1 / Math.sqrt(1 - powersAt(betas, t)[1]);
    row[at + c.eps] = eps;
    row[at + c.weightDecay] = weightDecay;
    writeAverage(row, at, c, options, betas[0], t, numbers, numbersAt);
  },

  modes: modesOf(({ betas }) => betas[0]),
};

/**
 * Schedule-Free AdamW: gradients are taken between AdamW's own W and the average of these, which is the result.
 *
 * ```text
 * η ← lr·min(1, t / warmupSteps)                 once a step, in f64
 * λ ← max(λ, η), Σ ← Σ + tʳ·λ^weightLrPower
 * c ← tʳ·λ^weightLrPower / Σ
 * q ← 1 / √(1 − β₂ᵗ)
 *
 * g ← ±g                                         the gradient is that at y; − with maximize
 * v ← β₂·v + (1 − β₂)·g²
 * d ← g / (√v·q + eps) + weightDecay·y
 * z ← y                                          in the first step only
 * y ← y + c·(z − y) − η·(1 − β₁·(1 − c))·d
 * z ← z − η·d
 * ```
 *
 * These are, without x being held, z ← z − η·d; x ← (1 − c)·x + c·z; y ← (1 − β₁)·z + β₁·x: x is the average of all z,
 * and x = y + (1 − 1 / β₁)·(z − y). t is the parameter's own count of steps.
 *
 * **Two modes.** The params are y in train mode, in which the optimizer starts, and x after `eval()`. Evaluate and save in
 * eval mode only, and best by way of `weights`, which throws in train mode; `step` throws in eval mode (both `ERR_MODE`).
 * A parameter that has not stepped yet is the same in both. Where a model has batch normalisation, run some batches through
 * it in eval mode before it is evaluated, since its statistics were taken at y.
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
 *
 * @when In place of `AdamW` with a schedule for lr: there is none to choose, nor a number of steps to know in advance, and x
 * is good at any time. Take an lr 1 to 10 times that of AdamW with a schedule, and give it `warmupSteps`. For long runs β₁
 * of 0.95 or 0.98 may be better.
 *
 * @state Arrays of the parameter's type and length:
 * - `z`: z.
 * - `expAvgSq`: v, which starts with 0.
 *
 * And numbers of each parameter, which start with 0:
 * - `weightSum`: Σ.
 * - `lrMax`: λ.
 *
 * @dialects There are none: this is the authors' form, which starts in eval mode and counts t in common for a group. Keras'
 * has no λ and no modes; Optax's (`optax.contrib.schedule_free_adamw`) has lr 0 in the first step of a warm-up.
 *
 * @source Defazio et al., "The Road Less Scheduled" (https://arxiv.org/abs/2405.15682), `AdamWScheduleFree` of
 * facebookresearch/schedule_free.
 */
export class ScheduleFreeAdamW<P extends Params<P>> extends ScheduleFree<P, ScheduleFreeAdamWOptions, 'expAvgSq'> {
  constructor(params: P, given: ScheduleFreeAdamWOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
