import {
  type Definition,
  dialects,
  scaleKept,
  type Values,
  type WeightDecayMode,
  weightDecayMode,
  writeDecay,
} from '../definition.js';
import { pow } from '../elementary.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { power } from '../powers.js';
import { cautiousNAdam, nadam } from '../rules/nadam.js';
import type { Schedule } from '../schedule.js';

/** The options of `NAdam`. */
export interface NAdamOptions {
  /** Learning rate, >= 0. Default 0.002 (keras: 0.001). */
  lr?: number | Schedule;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to the root of the corrected v, outside of it; >= 0. Default 1e-8 (keras: 1e-7). */
  eps?: number;
  /** How fast μ rises from β₁/2 to β₁: ψ, >= 0. Default 0.004 (keras: 1; optax: 0, and no other, since there μ is β₁). */
  momentumDecay?: number;
  /** Weight decay, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'l2' (keras: 'decoupled'). */
  weightDecayMode?: WeightDecayMode;
  /** Whether elements whose step would go against the gradient's sign stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. In 'keras' μ rises faster, in 'optax' it is β₁ from the start. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax';
}

const c = nadam.coefficients;

const definition: Definition<NAdamOptions> = {
  options: {
    lr: scheduled(nonNegative(0.002)),
    betas: scheduled(fractionPair(0.9, 0.999)),
    eps: nonNegative(1e-8),
    momentumDecay: nonNegative(0.004),
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('l2'),
    cautious: fixed(flag(false)),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax'),
  },
  defaults: {
    keras: { lr: 0.001, eps: 1e-7, momentumDecay: 1, weightDecayMode: 'decoupled' },
    optax: { momentumDecay: 0 },
  },

  conflict: ({ momentumDecay, dialect }) =>
    dialect === 'optax' && momentumDecay !== 0
      ? `momentumDecay must be 0 in dialect 'optax', which has none, received ${momentumDecay}`
      : undefined,

  rule: ({ cautious }) => (cautious ? cautiousNAdam : nadam),

  scalars: () => ({ muProduct: 1 }),

  coefficients(row, at, options, t, scalars, scalarsAt) {
    const { lr, betas, eps } = options;
    const beta1 = betas[0];
    const beta2 = betas[1];
    const mu = momentumAt(t, options);
    const nextMu = momentumAt(t + 1, options);
    const product = scalars[scalarsAt] * mu;
    scalars[scalarsAt] = product;
    writeDecay(row, at, options, options.weightDecayMode);
    row[at + c.beta1] = beta1;
    row[at + c.rest1] = 1 - beta1;
    row[at + c.beta2] = beta2;
    row[at + c.rest2] = 1 - beta2;
    row[at + c.momentStep] = (lr * nextMu) / (1 - product * nextMu);
    row[at + c.gradStep] = (lr * (1 - mu)) / (1 - product);
    row[at + c.rootScale] = 1 / Math.sqrt(1 - power(beta2, t));
    row[at + c.eps] = eps;
  },

  adapt(row, at, _options, sums, sumsAt, length) {
    scaleKept(row, at, cautiousNAdam.coefficients, sums[sumsAt], length);
  },
};

/** μ of step t: the share of m in Nesterov's look ahead. */
function momentumAt(t: number, { betas, momentumDecay, dialect }: Values<NAdamOptions>): number {
  return dialect === 'optax' ? betas[0] : betas[0] * (1 - 0.5 * pow(0.96, t * momentumDecay));
}

/**
 * Adam with Nesterov's momentum: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
 * W ← W − lr · (μₜ₊₁ / (1 − Πμₜ₊₁) · m + (1 − μₜ) / (1 − Πμₜ) · g) / (√v / √(1 − β₂ᵗ) + eps), where
 * μₜ = β₁(1 − ½ · 0.96^(t·momentumDecay)), Πμₜ is the product of all μ up to t, and g ← ±g + weightDecay·W.
 *
 * For what Adam is for: each step looks ahead to where momentum will carry the next. State: `expAvg` (m), `expAvgSq` (v),
 * and the number `muProduct` (Πμₜ). `t` is each parameter's own count of steps.
 *
 * PyTorch, Keras and Optax follow three schedules of μ under the same name: choose by `dialect`.
 *
 * Source: Dozat, "Incorporating Nesterov Momentum into Adam" (https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ);
 * `torch.optim.NAdam`, `keras.optimizers.Nadam`, `optax.nadam`.
 *
 * @example
 * const nadam = new NAdam({ w, b }, { lr: 2e-3 });
 * nadam.step({ w: gradW, b: gradB });
 */
export class NAdam<P extends Params<P>> extends Optimizer<P, NAdamOptions, 'expAvg' | 'expAvgSq', 'muProduct'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: NAdamOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
