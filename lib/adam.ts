import { type CommonOptions, Optimizer } from './optimizer.js';
import { fractionPair, nonNegative, type OptionList } from './options.js';
import type { Params } from './params.js';
import { power } from './powers.js';
import { adam } from './rules/adam.js';

/** The settable options of `Adam`. */
export interface AdamOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root, outside of it; >= 0. Default 1e-8. */
  eps?: number;
}

const options: OptionList<AdamOptions> = {
  lr: nonNegative(0.001),
  betas: fractionPair(0.9, 0.999),
  eps: nonNegative(1e-8),
};

const c = adam.coefficients;

/**
 * Adam, with bias correction: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
 * W ← W − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps).
 *
 * The default choice for deep networks: little tuning, steps of about `lr` whatever the scale of the gradient.
 * State: `expAvg` (m) and `expAvgSq` (v). `t` is each parameter's own count of steps.
 *
 * Source: Kingma, Ba, "Adam: A Method for Stochastic Optimization" (https://arxiv.org/abs/1412.6980), as PyTorch's
 * `Adam` computes it.
 *
 * @example
 * const adam = new Adam({ w, b }, { lr: 1e-3 });
 * adam.step({ w: gradW, b: gradB });
 */
export class Adam<P extends Params<P>> extends Optimizer<P, AdamOptions, 'expAvg' | 'expAvgSq'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: AdamOptions & CommonOptions = {}) {
    super(adam, options, params, given);
  }

  /** @internal */
  protected override coefficients(row: Float64Array, at: number, group: Required<AdamOptions>, t: number): void {
    const [beta1, beta2] = group.betas;
    row[at + c.beta1] = beta1;
    row[at + c.rest1] = 1 - beta1;
    row[at + c.beta2] = beta2;
    row[at + c.rest2] = 1 - beta2;
    row[at + c.stepSize] = group.lr / (1 - power(beta1, t));
    row[at + c.rootScale] = 1 / Math.sqrt(1 - power(beta2, t));
    row[at + c.eps] = group.eps;
  }
}
