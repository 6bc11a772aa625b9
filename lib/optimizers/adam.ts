import {
  type Definition,
  dialects,
  type Values,
  type WeightDecayMode,
  weightDecayMode,
  writeBetas,
  writeDecay,
} from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, type OptionList, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt, powersVanishAt } from '../powers.js';
import * as rules from '../rules/adam.js';
import type { Schedule } from '../schedule.js';

/** The options of `Adam`. */
export interface AdamOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to the root, outside of it; > 0 in the type of the params. Default 1e-8 (keras, tfjs: 1e-7). */
  eps?: number;
  /** Weight decay, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'l2' (keras: 'decoupled'). */
  weightDecayMode?: WeightDecayMode;
  /** Whether to divide by the root of the largest v so far (AMSGrad). Default false. Fixed. */
  amsgrad?: boolean;
  /** Whether elements whose step would go against the gradient stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. 'keras' has eps-hat; 'optax' AMSGrad over the corrected v. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

/** `Adam` and `AdamW` are the same but for a few defaults and where the weight decay stands. */
export function adamDefinition(
  options: Pick<OptionList<AdamOptions>, 'weightDecay' | 'weightDecayMode' | 'dialect'>,
  defaults: NonNullable<Definition<AdamOptions>['defaults']>,
): Definition<AdamOptions> {
  return {
    options: {
      lr: scheduled(nonNegative(0.001)),
      betas: scheduled(fractionPair(0.9, 0.999)),
      eps: nonNegative(1e-8),
      amsgrad: fixed(flag(false)),
      cautious: fixed(flag(false)),
      maximize: flag(false),
      ...options,
    },
    defaults,
    squares: true,

    dividesByEps: () => true,

    rule({ amsgrad: largest, cautious }) {
      if (cautious) return largest ? rules.CautiousAMSGrad : rules.CautiousAdam;
      return largest ? rules.AMSGrad : rules.Adam;
    },
    coefficients(row, at, options, t) {
      writeDecay(row, at, options, options.weightDecayMode);
      writeAdam(row, at, options, t);
    },

    settlesAt: ({ betas }) => powersVanishAt(betas),
  };
}

/** The scalars of the rules `adam` and `amsgrad`. */
function writeAdam(
  row: Float64Array,
  at: number,
  { lr, betas, eps, amsgrad: largest, dialect }: Values<AdamOptions>,
  t: number,
): void {
  const powers = powersAt(betas, t);
  const correction1 = 1 - powers[0];
  const correction2 = 1 - powers[1];
  const c = largest ? rules.AMSGrad.coefficients : rules.Adam.coefficients;
  writeBetas(row, at, c, betas);
  row[at + c.eps] = eps;
  row[at + c.stepSize] = lr / correction1;
  row[at + c.rootScale] = 1 / Math.sqrt(correction2);
  if (dialect === 'keras') {
    row[at + c.stepSize] = (lr * Math.sqrt(correction2)) / correction1;
    row[at + c.rootScale] = 1;
  }
  if (!largest) return;
  row[at + rules.AMSGrad.coefficients.maxScale] = 1;
  if (dialect === 'optax') {
    row[at + rules.AMSGrad.coefficients.maxScale] = 1 / correction2;
    row[at + c.rootScale] = 1;
  }
}

const definition = adamDefinition(
  {
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('l2'),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  { keras: { eps: 1e-7, weightDecayMode: 'decoupled' }, tfjs: { eps: 1e-7 } },
);

/**
 * Adam, with bias correction: momentum, and a step length for each element from the average of its squared gradients.
 *
 * ```text
 * α ← lr / (1 − β₁ᵗ), r ← 1 / √(1 − β₂ᵗ)    once a step, in f64
 * g ← ±g + weightDecay·W                    − with maximize
 * m ← β₁·m + (1 − β₁)·g
 * v ← β₂·v + (1 − β₂)·g²
 * W ← W − α·(m / (√v·r + eps))              amsgrad: x ← max(x, v), and √x in place of √v
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'decoupled' has W ← (1 − lr·weightDecay)·W in place of the
 * penalty in g, 'independent' W ← (1 − weightDecay)·W. With `cautious`, an element whose step would go against g stays,
 * and the steps of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const adam = new Adam({ w, b }, { lr: 1e-3 });
 * adam.step({ w: gradW, b: gradB });
 *
 * @when The default choice for deep networks: little tuning, steps of about `lr` whatever the scale of the gradient.
 * With weight decay prefer `AdamW`, whose decay is not divided by √v.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgSq`: v.
 * - `maxExpAvgSq`: x, the largest v so far; with `amsgrad` only.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same.
 * - 'keras': eps-hat, which is W ← W − lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + eps): eps weighs more in the first steps.
 *   eps is 1e-7, and W shrinks by lr·weightDecay·W instead of weightDecay·W being added to g.
 * - 'optax': the same; AMSGrad takes the largest v / (1 − β₂ᵗ).
 * - 'tfjs': the same with eps 1e-7; TensorFlow.js has no weight decay.
 *
 * Keras and TensorFlow.js count steps once for all variables, lockstep for each parameter:
 * results differ where a gradient was `null`.
 *
 * @source Kingma, Ba, "Adam: A Method for Stochastic Optimization" (https://arxiv.org/abs/1412.6980); AMSGrad: Reddi,
 * Kale, Kumar, "On the Convergence of Adam and Beyond" (https://arxiv.org/abs/1904.09237); `torch.optim.Adam`,
 * `keras.optimizers.Adam`, `optax.adam`, `tf.train.adam`.
 */
export class Adam<P extends Params<P>> extends Optimizer<P, AdamOptions, 'expAvg' | 'expAvgSq' | 'maxExpAvgSq?'> {
  constructor(params: P, given: AdamOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
