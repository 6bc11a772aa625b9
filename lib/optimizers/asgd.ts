import { type Definition, dialects } from '../definition.js';
import { pow } from '../elementary.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { before } from '../rows.js';
import * as rules from '../rules/asgd.js';
import type { Schedule } from '../schedule.js';

/** The options of `ASGD`. */
export interface ASGDOptions {
  /** Learning rate of the first step, >= 0. Default 0.01. One that is set later is used one step late. */
  lr?: number | Schedule;
  /** Decay of W, and of the step size over time; >= 0. Default 1e-4. */
  lambd?: number;
  /** Power by which the step size falls, >= 0. Default 0.75. */
  alpha?: number;
  /** After how many steps averaging starts, >= 0. Default 1e6. */
  t0?: number;
  /** L2 penalty, >= 0: weightDecay·W is added to g. Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. Fixed. */
  dialect?: 'lockstep' | 'torch';
}

const c = rules.ASGD.coefficients;

const definition: Definition<ASGDOptions> = {
  options: {
    lr: scheduled(nonNegative(0.01)),
    lambd: nonNegative(1e-4),
    alpha: nonNegative(0.75),
    t0: nonNegative(1e6),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('torch'),
  },

  rule: () => rules.ASGD,

  scalars: ({ lr }) => ({ eta: lr, mu: 1 }),

  coefficients(row, at, { lr, lambd, alpha, t0, weightDecay, maximize }, t, scalars, scalarsAt) {
    const eta = t === 1 ? lr : scalars[scalarsAt]; // lr may have been set before the first step
    const mu = scalars[scalarsAt + 1];
    row[at + before.gradScale] = maximize ? -1 : 1;
    row[at + before.l2] = weightDecay;
    row[at + before.decay] = 1 - lambd * eta;
    row[at + c.eta] = eta;
    row[at + c.mu] = mu;
    scalars[scalarsAt] = lr / pow(1 + lambd * lr * t, alpha);
    scalars[scalarsAt + 1] = 1 / Math.max(1, t - t0);
  },
};

/**
 * Averaged SGD: plain gradient steps, and beside W the average of all W so far.
 *
 * ```text
 * η ← lr, μ ← 1                                  before the first step, in f64
 *
 * g ← ±g + weightDecay·W                         − with maximize
 * W ← (1 − lambd·η)·W
 * W ← W − η·g
 * a ← a + μ·(W − a)                              while μ is 1: a ← W
 *
 * η ← lr / (1 + lambd·lr·t)^alpha                after step t, for the next
 * μ ← 1 / max(1, t − t0)
 * ```
 *
 * t is the parameter's own count of steps.
 *
 * @example
 * const asgd = new ASGD({ w }, { t0: 1000 });
 * asgd.step({ w: grad });
 * evaluate(asgd.state.w.ax);
 *
 * @when Convex problems with noisy gradients: the average of all W after step t0 is closer to the minimum than the last W.
 * Evaluate with `ax`; training goes on with W. Set t0 to where W has come near, since the default never averages in a run
 * of less than a million steps.
 *
 * @state An array of the parameter's type and length, which starts with 0:
 * - `ax`: a.
 *
 * And numbers of each parameter:
 * - `eta`: η of the next step; before the first, the lr that the optimizer was made with.
 * - `mu`: μ of the next step.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same. For f64 parameters too PyTorch keeps η and μ in f32, unless its default dtype is f64; lockstep has f64.
 *
 * @source Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging" (https://doi.org/10.1137/0330046);
 * `torch.optim.ASGD`.
 */
export class ASGD<P extends Params<P>> extends Optimizer<P, ASGDOptions, 'ax', 'eta' | 'mu'> {
  constructor(params: P, given: ASGDOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
