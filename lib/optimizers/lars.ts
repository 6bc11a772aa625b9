import { type Definition, dialects, momentumConflict, trustRatio } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, fraction, nonNegative, positive, scheduled, upToOne } from '../options.js';
import type { Params } from '../params.js';
import { writePrologue } from '../rows.js';
import { lars } from '../rules/lars.js';
import type { Schedule } from '../schedule.js';

/** The options of `LARS`. */
export interface LARSOptions {
  /** Learning rate, >= 0; large, since trustCoefficient is a factor beside it. Default 1, as in timm. */
  lr?: number | Schedule;
  /** Share of the momentum buffer that is kept, in [0, 1). Default 0.9, as in the paper and in Optax; timm has 0. */
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
   * Default 'lockstep', which is timm's form for PyTorch. 'optax' divides by |g + weightDecay·W| instead of the sum of the
   * two norms, and has lr inside the buffer. Fixed.
   */
  dialect?: 'lockstep' | 'optax';
}

const c = lars.coefficients;

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

  rule: () => lars,

  coefficients(row, at, options, t) {
    const { lr, momentum, dampening, nesterov, weightDecay, maximize, dialect } = options;
    const isOptax = dialect === 'optax';
    const outer = isOptax ? -1 : lr; // Optax's buffer holds what is added to W
    const dampened = t === 1 ? 1 : 1 - dampening;
    writePrologue(row, at, maximize ? -1 : 1, isOptax ? weightDecay : 0, 1);
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
 * LARS, momentum whose steps are as long as a share of the parameter:
 * d = trustCoefficient·|W| / (|g| + weightDecay·|W| + eps)·(g + weightDecay·W); b ← momentum·b + (1 − dampening)·d (b ← d in
 * the first step); W ← W − lr·b, or with Nesterov's look ahead W ← W − lr·(d + momentum·b), where g ← ±g.
 *
 * This is timm's form, with lr outside the buffer as in PyTorch's SGD. In dialect 'optax' g ← ±g + weightDecay·W;
 * d = −lr·trustCoefficient·|W| / (|g| + eps)·g; b ← momentum·b + d; W ← W + b: lr is inside the buffer, as in the paper.
 *
 * For convolutional networks and large batches: each array moves by lr·trustCoefficient of its own norm, whatever the scale
 * of its gradient, so give each layer an array of its own. The trust ratio, which stands before (g + weightDecay·W), is 1 where
 * either norm is 0 or NaN; so it is where the squares of W overflow, which takes f64 values beyond 1e154, and where those of
 * g do it is 0. Every array is adapted; timm leaves out those without weight decay, which biases and normalization layers
 * usually are: give these to an `SGD` of their own. A bias of zeros, whose ratio is 1, would take a step of lr·g, and lr is
 * large here. State: `momentumBuffer` (b).
 *
 * Source: You, Gitman, Ginsburg, "Large Batch Training of Convolutional Networks" (https://arxiv.org/abs/1708.03888);
 * `timm.optim.Lars` with `always_adapt`, `optax.lars`.
 *
 * @example
 * const lars = new LARS({ w1, w2 }, { lr: 4, weightDecay: 1e-4 });
 * lars.step({ w1: gradW1, w2: gradW2 });
 */
export class LARS<P extends Params<P>> extends Optimizer<P, LARSOptions, 'momentumBuffer'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: LARSOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
