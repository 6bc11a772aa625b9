import {
  type Definition,
  dialects,
  type Values,
  type WeightDecayMode,
  weightDecayMode,
  writeBetas,
  writeDecay,
} from '../definition.js';
import { pow } from '../elementary.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt } from '../powers.js';
import * as rules from '../rules/nadam.js';
import type { Schedule } from '../schedule.js';

/** The options of `NAdam`. */
export interface NAdamOptions {
  /** Learning rate, >= 0. Default 0.002 (keras: 0.001). */
  lr?: number | Schedule;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to the root of the corrected v, outside of it; > 0 in the type of the params. Default 1e-8 (keras: 1e-7). */
  eps?: number;
  /** How fast μ rises from β₁/2 to β₁, >= 0; in dialect 'optax' only 0, since there μ is β₁. Default 0.004 (keras: 1; optax: 0). */
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

const c = rules.NAdam.coefficients;

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

  squares: true,

  dividesByEps: () => true,

  rule: ({ cautious }) => (cautious ? rules.CautiousNAdam : rules.NAdam),

  scalars: () => ({ muProduct: 1 }),

  coefficients(row, at, options, t, scalars, scalarsAt) {
    const { lr, betas, eps } = options;
    const mu = momentumAt(t, options);
    const nextMu = momentumAt(t + 1, options);
    const product = scalars[scalarsAt] * mu;
    scalars[scalarsAt] = product;
    writeDecay(row, at, options, options.weightDecayMode);
    writeBetas(row, at, c, betas);
    row[at + c.momentStep] = (lr * nextMu) / (1 - product * nextMu);
    row[at + c.gradStep] = (lr * (1 - mu)) / (1 - product);
    row[at + c.rootScale] = 1 / Math.sqrt(1 - powersAt(betas, t)[1]);
    row[at + c.eps] = eps;
  },
};

/** μ of step t: the share of m in Nesterov's look ahead. */
function momentumAt(t: number, { betas, momentumDecay, dialect }: Values<NAdamOptions>): number {
  return dialect === 'optax' ? betas[0] : betas[0] * (1 - 0.5 * pow(0.96, t * momentumDecay));
}

/**
 * Adam with Nesterov's momentum: each step looks ahead to where momentum will carry the next.
 *
 * ```text
 * μ ← β₁·(1 − ½·0.96^(t·momentumDecay))           once a step, in f64; μ′ is that of step t + 1
 * Π ← Π·μ
 * α ← lr·μ′ / (1 − Π·μ′), γ ← lr·(1 − μ) / (1 − Π)
 * r ← 1 / √(1 − β₂ᵗ)
 *
 * g ← ±g + weightDecay·W                          − with maximize
 * m ← β₁·m + (1 − β₁)·g
 * v ← β₂·v + (1 − β₂)·g²
 * W ← W − (α·m + γ·g) / (√v·r + eps)
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'decoupled' has W ← (1 − lr·weightDecay)·W in place of the
 * penalty in g, 'independent' W ← (1 − weightDecay)·W. With `cautious`, an element whose step would go against g stays,
 * and the steps of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const nadam = new NAdam({ w, b }, { lr: 2e-3 });
 * nadam.step({ w: gradW, b: gradB });
 *
 * @when For what `Adam` is for: the last gradient weighs more in each step.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgSq`: v.
 *
 * And a number of each parameter:
 * - `muProduct`: Π, which starts with 1.
 *
 * @dialects PyTorch, Keras and Optax follow three schedules of μ under the same name:
 * - 'torch': the same. For f64 parameters too PyTorch keeps Π in f32, unless its default dtype is f64; lockstep has f64.
 * - 'keras': momentumDecay 1, with which μ is near β₁ after a hundred steps; lr 0.001, eps 1e-7, and W shrinks by
 *   lr·weightDecay·W instead of weightDecay·W being added to g.
 * - 'optax': μ is β₁ from the start, and momentumDecay 0. `optax.nadamw` is this with `weightDecayMode: 'decoupled'`.
 *
 * Keras counts steps once for all variables, lockstep for each parameter: results differ where a gradient was `null`.
 *
 * @source Dozat, "Incorporating Nesterov Momentum into Adam" (https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ);
 * `torch.optim.NAdam`, `keras.optimizers.Nadam`, `optax.nadam`.
 */
export class NAdam<P extends Params<P>> extends Optimizer<P, NAdamOptions, 'expAvg' | 'expAvgSq', 'muProduct'> {
  constructor(params: P, given: NAdamOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
