import { dialects, type WeightDecayMode, weightDecayMode } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import type { Schedule } from '../schedule.js';
import { type AdamOptions, adamDefinition } from './adam.js';

/** The options of `AdamW`: those of `Adam`, but that weightDecay is decoupled and defaults to 0.01 (keras: 0.004, optax: 1e-4). */
export interface AdamWOptions extends AdamOptions {
  /** Weight decay, >= 0. Default 0.01 (keras: 0.004; optax: 1e-4). */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'decoupled'. */
  weightDecayMode?: WeightDecayMode;
  /** Default 'lockstep', which is PyTorch's form. 'keras' has eps-hat. There is no AdamW in tfjs. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax';
}

const definition = adamDefinition(
  {
    weightDecay: scheduled(nonNegative(0.01)),
    weightDecayMode: weightDecayMode('decoupled'),
    dialect: dialects('torch', 'keras', 'optax'),
  },
  { keras: { eps: 1e-7, weightDecay: 0.004 }, optax: { weightDecay: 1e-4 } },
);

/**
 * Adam with decoupled weight decay: W shrinks by itself, and the moments never see the decay.
 *
 * ```text
 * α ← lr / (1 − β₁ᵗ), r ← 1 / √(1 − β₂ᵗ)    once a step, in f64
 * g ← ±g                                    − with maximize
 * W ← (1 − lr·weightDecay)·W
 * m ← β₁·m + (1 − β₁)·g
 * v ← β₂·v + (1 − β₂)·g²
 * W ← W − α·(m / (√v·r + eps))              amsgrad: x ← max(x, v), and √x in place of √v
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'independent' has 1 − weightDecay for the factor of W, and
 * 'l2' adds weightDecay·W to g instead. With `cautious`, an element whose step would go against g stays, and the steps
 * of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const adamw = new AdamW({ w, b }, { lr: 3e-4, weightDecay: 0.1 });
 * adamw.step({ w: gradW, b: gradB });
 *
 * @when What transformers are trained with, and wherever weights should decay: the decay is the same for all elements,
 * where `Adam`'s L2 penalty is divided by √v like the gradient. Biases and norms usually go without: give them an
 * optimizer of their own with weightDecay 0.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgSq`: v.
 * - `maxExpAvgSq`: x, the largest v so far; with `amsgrad` only.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same.
 * - 'keras': eps-hat, as in `Adam`, with eps 1e-7 and weightDecay 0.004.
 * - 'optax': the same with weightDecay 1e-4; AMSGrad takes the largest v / (1 − β₂ᵗ).
 *
 * Keras counts steps once for all variables, lockstep for each parameter: results differ where a gradient was `null`.
 *
 * @source Loshchilov, Hutter, "Decoupled Weight Decay Regularization" (https://arxiv.org/abs/1711.05101);
 * `torch.optim.AdamW`, `keras.optimizers.AdamW`, `optax.adamw`.
 */
export class AdamW<P extends Params<P>> extends Optimizer<P, AdamOptions, 'expAvg' | 'expAvgSq' | 'maxExpAvgSq?'> {
  constructor(params: P, given: AdamWOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
