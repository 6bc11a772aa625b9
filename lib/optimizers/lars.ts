import { type Definition, dialects, momentumConflict, trustRatio } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, fraction, nonNegative, positive, scheduled, upToOne } from '../options.js';
import type { Params } from '../params.js';
import { before } from '../rows.js';
import * as rules from '../rules/lars.js';
import type { Schedule } from '../schedule.js';

/** The options of `LARS`. */
export interface LARSOptions {
  /** Learning rate, >= 0; large, since trustCoefficient is a factor beside it. Default 1. */
  lr?: number | Schedule;
  /** Share of the momentum buffer that is kept, in [0, 1); timm has 0. Default 0.9. */
  momentum?: number;
  /** How much of each step but the first is kept out of the buffer, in [0, 1]. Default 0. */
  dampening?: number;
  /** Whether to look ahead (Nesterov); needs momentum and no dampening. Default false. */
  nesterov?: boolean;
  /** L2 penalty, >= 0: weightDecay·W is added to g. Default 0. */
  weightDecay?: number | Schedule;
  /** How long a step is beside |W|, at lr 1 and without momentum; > 0. Default 0.001. */
  trustCoefficient?: number;
  /** Added to the norm of the gradient; >= 0. Default 1e-8 (optax: 0). */
  eps?: number;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /**
   * Default 'lockstep', which is timm's form. 'optax' divides by |g + weightDecay·W| instead of the sum of the
   * two norms, and has lr inside the buffer. Fixed.
   */
  dialect?: 'lockstep' | 'optax';
}

const c = rules.LARS.coefficients;

const definition: Definition<LARSOptions> = {
  options: {
    lr: scheduled(nonNegative(1)),
    momentum: fraction(0.9),
    dampening: upToOne(0),
    nesterov: flag(false),
    weightDecay: scheduled(nonNegative(0)),
    trustCoefficient: positive(0.001),
    eps: nonNegative(1e-8),
    maximize: flag(false),
    dialect: dialects('optax'),
  },
  defaults: { optax: { eps: 0 } },

  conflict: momentumConflict,

  rule: () => rules.LARS,

  coefficients(row, at, options, t) {
    const { lr, momentum, dampening, nesterov, weightDecay, maximize, dialect } = options;
    const isOptax = dialect === 'optax';
    const outer = isOptax ? -1 : lr; // Optax's buffer holds what is added to W
    const dampened = t === 1 ? 1 : 1 - dampening;
    row[at + before.gradScale] = maximize ? -1 : 1;
    row[at + before.l2] = isOptax ? weightDecay : 0;
    row[at + c.weightDecay] = isOptax ? 0 : weightDecay;
    row[at + c.inner] = isOptax ? -lr : dampened;
    row[at + c.momentum] = momentum;
    row[at + c.outer] = nesterov ? outer * momentum : outer;
    row[at + c.ahead] = nesterov ? outer : 0;
  },

  adapt(row, at, { trustCoefficient, weightDecay, eps, dialect }, sums, sumsAt) {
    const decay = dialect === 'optax' ? 0 : weightDecay;
    row[at + c.inner] *= trustRatio(sums[sumsAt], sums[sumsAt + 1], trustCoefficient, decay, eps);
  },
};

/**
 * LARS: momentum whose steps are as long as a share of the parameter, whatever the scale of its gradient.
 *
 * ```text
 * g ← ±g                                                           − with maximize
 * ρ ← trustCoefficient·|W| / (|g| + weightDecay·|W| + eps)         norms of the whole array, in f64
 * d ← ρ·(g + weightDecay·W)
 * b ← momentum·b + (1 − dampening)·d                               in the first step: b ← d
 * W ← W − lr·b                                                     nesterov: W ← W − lr·(d + momentum·b)
 * ```
 *
 * The trust ratio ρ is 1 where either norm is 0 or NaN; so it is where the squares of W overflow, which takes f64 values
 * beyond 1e154, and where those of g do it is 0.
 *
 * @example
 * const lars = new LARS({ w1, w2 }, { lr: 4, weightDecay: 1e-4 });
 * lars.step({ w1: gradW1, w2: gradW2 });
 *
 * @when Convolutional networks and very large batches: each array moves by lr·trustCoefficient of its own norm, so give each
 * layer an array of its own. Every array is adapted: give biases and normalization layers to an `SGD` of their own. A bias of
 * zeros, whose ratio is 1, would take a step of lr·g, and lr is large here.
 *
 * @state An array of the parameter's type and length, which starts with 0:
 * - `momentumBuffer`: b.
 *
 * @dialects Compared with the formula, which is timm's form with `always_adapt`:
 * - 'optax': lr is inside the buffer, as in the paper: g ← ±g + weightDecay·W;
 *   b ← momentum·b − lr·trustCoefficient·|W| / (|g| + eps)·g; W ← W + b. eps is 0, and there is no dampening.
 *
 * @source You, Gitman, Ginsburg, "Large Batch Training of Convolutional Networks" (https://arxiv.org/abs/1708.03888);
 * `timm.optim.Lars`, `optax.lars`.
 */
export class LARS<P extends Params<P>> extends Optimizer<P, LARSOptions, 'momentumBuffer'> {
  constructor(params: P, given: LARSOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
