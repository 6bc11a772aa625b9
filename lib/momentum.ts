import { type CommonOptions, Optimizer } from './optimizer.js';
import { fraction, nonNegative, type OptionList } from './options.js';
import type { Params } from './params.js';
import { momentum } from './rules/momentum.js';

/** The settable options of `Momentum`. */
export interface MomentumOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number;
  /** Share of the velocity that is kept, in [0, 1). Default 0.9. */
  momentum?: number;
}

const options: OptionList<MomentumOptions> = {
  lr: nonNegative(0.01),
  momentum: fraction(0.9),
};

const c = momentum.coefficients;

/**
 * Gradient descent with momentum, in Sutskever's form: v ← momentum·v − lr·g; W ← W + v.
 *
 * The learning rate is inside the velocity, as in Keras: after a change of `lr` the old velocity runs out by itself.
 * PyTorch keeps it outside, which is the same trajectory only while `lr` is constant. State: `velocity`.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013).
 *
 * @example
 * const optimizer = new Momentum([w, b], { lr: 0.01, momentum: 0.9 });
 * optimizer.step([gradW, gradB]);
 */
export class Momentum<P extends Params<P>> extends Optimizer<P, MomentumOptions, 'velocity'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: MomentumOptions & CommonOptions = {}) {
    super(momentum, options, params, given);
  }

  /** @internal */
  protected override coefficients(row: Float64Array, at: number, group: Required<MomentumOptions>): void {
    row[at + c.momentum] = group.momentum;
    row[at + c.lr] = group.lr;
  }
}
