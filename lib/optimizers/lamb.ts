import { type Definition, dialects, trustRatio, writeBetas, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt } from '../powers.js';
import * as rules from '../rules/lamb.js';
import type { Schedule } from '../schedule.js';

/** The options of `LAMB`. */
export interface LAMBOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to the root, outside of it; > 0 in the type of the params. Default 1e-6 (keras: 1e-7). */
  eps?: number;
  /**
   * Weight decay, >= 0: weightDecay·W is added to the direction, and so inside the trust ratio (keras: W shrinks by
   * lr·weightDecay·W before the step instead). The paper and timm have 0.01. Default 0.
   */
  weightDecay?: number | Schedule;
  /** Whether the trust ratio is at most 1 (LAMBC). Default false. */
  trustClip?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', the form of the paper and of Optax. 'keras' has the weight decay outside of the ratio. Fixed. */
  dialect?: 'lockstep' | 'keras' | 'optax';
}

const c = rules.LAMB.coefficients;

const definition: Definition<LAMBOptions> = {
  options: {
    lr: scheduled(nonNegative(0.001)),
    betas: scheduled(fractionPair(0.9, 0.999)),
    eps: nonNegative(1e-6),
    weightDecay: scheduled(nonNegative(0)),
    trustClip: flag(false),
    maximize: flag(false),
    dialect: dialects('keras', 'optax'),
  },
  defaults: { keras: { eps: 1e-7 } },

  squares: true,

  dividesByEps: () => true,

  rule: () => rules.LAMB,

  coefficients(row, at, options, t) {
    const { lr, betas, eps, weightDecay, maximize, dialect } = options;
    const isDecoupled = dialect === 'keras';
    writeDecay(row, at, { lr, weightDecay: isDecoupled ? weightDecay : 0, maximize }, 'decoupled');
    writeBetas(row, at, c, betas);
    const powers = powersAt(betas, t);
    row[at + c.momentScale] = 1 / (1 - powers[0]);
    row[at + c.rootScale] = 1 / Math.sqrt(1 - powers[1]);
    row[at + c.eps] = eps;
    row[at + c.weightDecay] = isDecoupled ? 0 : weightDecay;
    row[at + c.stepSize] = lr;
  },

  adapt(row, at, { trustClip }, sums, sumsAt) {
    const ratio = trustRatio(sums[sumsAt], sums[sumsAt + 1]);
    row[at + c.stepSize] *= trustClip ? Math.min(ratio, 1) : ratio;
  },
};

/**
 * LAMB: Adam whose step is as long as a share of the parameter, whatever the scale of its gradient.
 *
 * ```text
 * a ← 1 / (1 − β₁ᵗ), r ← 1 / √(1 − β₂ᵗ)    once a step, in f64
 * g ← ±g                                   − with maximize
 * m ← β₁·m + (1 − β₁)·g
 * v ← β₂·v + (1 − β₂)·g²
 * u ← a·m / (√v·r + eps) + weightDecay·W
 * ρ ← |W| / |u|                            norms of the whole array, in f64; trustClip: ρ ← min(ρ, 1)
 * W ← W − lr·ρ·u
 * ```
 *
 * t is the parameter's own count of steps. The trust ratio ρ is 1 where either norm is 0 or NaN; so it is where the squares
 * of W overflow, which takes f64 values beyond 1e154, and where those of u do it is 0.
 *
 * @example
 * const lamb = new LAMB({ w1, w2 }, { lr: 2e-3, weightDecay: 0.01 });
 * lamb.step({ w1: gradW1, w2: gradW2 });
 *
 * @when Very large batches: each array moves by lr of its own norm, so give each layer an array of its own. Every array is
 * adapted: give biases and normalization layers to another optimizer, such as `AdamW`.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgSq`: v.
 *
 * @dialects Compared with the formula:
 * - 'keras': the weight decay is outside of the ratio: W ← (1 − lr·weightDecay)·W before the step; eps is 1e-7.
 * - 'optax': the same.
 *
 * timm's form is the same with `always_adapt`, without which it leaves out arrays that have no weight decay, and without
 * `max_grad_norm`: its clipping of the global norm is not part of it. Keras counts steps once for all variables, timm once
 * for each group, lockstep for each parameter: results differ where a gradient was `null`.
 *
 * @source You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes"
 * (https://arxiv.org/abs/1904.00962); `optax.lamb`, `keras.optimizers.Lamb`, `timm.optim.Lamb`.
 */
export class LAMB<P extends Params<P>> extends Optimizer<P, LAMBOptions, 'expAvg' | 'expAvgSq'> {
  constructor(params: P, given: LAMBOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
