import { dialects, type WeightDecayMode, weightDecayMode } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { nonNegative } from '../options.js';
import type { Params } from '../params.js';
import { type AdamOptions, adamDefinition } from './adam.js';

/** The options of `AdamW`: those of `Adam`, but that weightDecay is decoupled and defaults to 0.01 (keras: 0.004, optax: 1e-4). */
export interface AdamWOptions extends AdamOptions {
  /** Weight decay, >= 0. Default 0.01 (keras: 0.004; optax: 1e-4). */
  weightDecay?: number;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'decoupled'. */
  weightDecayMode?: WeightDecayMode;
  /** Default 'lockstep', which is PyTorch's form. 'keras' has eps-hat. There is no AdamW in tfjs. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax';
}

const definition = adamDefinition(
  {
    weightDecay: nonNegative(0.01),
    weightDecayMode: weightDecayMode('decoupled'),
    dialect: dialects('torch', 'keras', 'optax'),
  },
  { keras: { eps: 1e-7, weightDecay: 0.004 }, optax: { weightDecay: 1e-4 } },
);

/**
 * Adam with decoupled weight decay: W ← W − lr·weightDecay·W, then Adam's step, whose moments never see the decay.
 *
 * What transformers are trained with: the decay is the same for all elements, where Adam's L2 penalty is divided by √v
 * like the gradient. State: as `Adam`.
 *
 * Source: Loshchilov, Hutter, "Decoupled Weight Decay Regularization" (https://arxiv.org/abs/1711.05101);
 * `torch.optim.AdamW`, `keras.optimizers.AdamW`, `optax.adamw`.
 *
 * @example
 * const adamw = new AdamW({ w, b }, { lr: 3e-4, weightDecay: 0.1 });
 * adamw.step({ w: gradW, b: gradB });
 */
export class AdamW<P extends Params<P>> extends Optimizer<P, AdamOptions, 'expAvg' | 'expAvgSq' | 'maxExpAvgSq'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: AdamWOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
