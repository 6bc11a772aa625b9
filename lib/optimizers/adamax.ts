import { type Definition, dialects, type WeightDecayMode, weightDecayMode, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt, powersVanishAt } from '../powers.js';
import * as rules from '../rules/adamax.js';
import type { Schedule } from '../schedule.js';

/** The options of `Adamax`. */
export interface AdamaxOptions {
  /** Learning rate, >= 0. Default 0.002 (keras: 0.001). */
  lr?: number | Schedule;
  /** Shares of the average of g and of the largest |g| that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to |g| (keras, tfjs: to u, in the division); > 0 in the type of the params. Default 1e-8 (keras, tfjs: 1e-7). */
  eps?: number;
  /** Weight decay, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'l2' (keras: 'decoupled'). */
  weightDecayMode?: WeightDecayMode;
  /** Whether elements whose step would go against the gradient stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. 'keras' and 'tfjs' have eps in the division. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

const c = rules.Adamax.coefficients;

const definition: Definition<AdamaxOptions> = {
  options: {
    lr: scheduled(nonNegative(0.002)),
    betas: scheduled(fractionPair(0.9, 0.999)),
    eps: nonNegative(1e-8),
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('l2'),
    cautious: fixed(flag(false)),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  defaults: { keras: { lr: 0.001, eps: 1e-7, weightDecayMode: 'decoupled' }, tfjs: { eps: 1e-7 } },

  dividesByEps: () => true,

  rule: ({ cautious }) => (cautious ? rules.CautiousAdamax : rules.Adamax),

  coefficients(row, at, options, t) {
    const { lr, betas, eps, dialect } = options;
    const isOutside = dialect === 'keras' || dialect === 'tfjs';
    writeDecay(row, at, options, options.weightDecayMode);
    row[at + c.beta1] = betas[0];
    row[at + c.rest1] = 1 - betas[0];
    row[at + c.beta2] = betas[1];
    row[at + c.epsInside] = isOutside ? 0 : eps;
    row[at + c.stepSize] = lr / (1 - powersAt(betas, t)[0]);
    row[at + c.eps] = isOutside ? eps : 0;
  },

  settlesAt: ({ betas }) => powersVanishAt(betas),
};

/**
 * Adamax: Adam in the infinity norm, which divides by the largest gradient of late.
 *
 * ```text
 * α ← lr / (1 − β₁ᵗ)                     once a step, in f64
 * g ← ±g + weightDecay·W                 − with maximize
 * m ← β₁·m + (1 − β₁)·g
 * u ← max(β₂·u, |g| + eps)
 * W ← W − α·(m / u)
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'decoupled' has W ← (1 − lr·weightDecay)·W in place of the
 * penalty in g, 'independent' W ← (1 − weightDecay)·W. With `cautious`, an element whose step would go against g stays,
 * and the steps of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const adamax = new Adamax({ table }, { lr: 2e-3 });
 * adamax.step({ table: grad });
 *
 * @when Where a few gradients are far larger than the rest, as with embeddings: u remembers the largest, and no update
 * is longer than about lr.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expInf`: u.
 *
 * @dialects Compared with the formula:
 * - 'torch' and 'optax': the same.
 * - 'keras' and 'tfjs': eps stands in the division: u ← max(β₂·u, |g|); W ← W − α·(m / (u + eps)), with eps 1e-7.
 * - 'keras': lr 0.001, and W shrinks by lr·weightDecay·W instead of weightDecay·W being added to g.
 * - 'tfjs': its `decay` is a schedule of lr, which is set between steps here.
 *
 * Keras and TensorFlow.js count steps once for all variables, lockstep for each parameter:
 * results differ where a gradient was `null`.
 *
 * @source Kingma, Ba, "Adam: A Method for Stochastic Optimization" (https://arxiv.org/abs/1412.6980), section 7.1;
 * `torch.optim.Adamax`, `keras.optimizers.Adamax`, `optax.adamax`, `tf.train.adamax`.
 */
export class Adamax<P extends Params<P>> extends Optimizer<P, AdamaxOptions, 'expAvg' | 'expInf'> {
  constructor(params: P, given: AdamaxOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
