import { type Definition, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fraction, nonNegative } from '../options.js';
import type { Params } from '../params.js';
import { momentum, momentumNesterov } from '../rules/momentum.js';

/** The options of `Momentum`. */
export interface MomentumOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number;
  /** Share of the velocity that is kept, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Whether to look ahead (Nesterov). Default false. Fixed. */
  nesterov?: boolean;
  /** Decoupled weight decay, >= 0: W first shrinks by lr·weightDecay·W, as in Keras. Default 0. */
  weightDecay?: number;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
}

const c = momentum.coefficients;

const definition: Definition<MomentumOptions> = {
  options: {
    lr: nonNegative(0.01),
    momentum: fraction(0.9),
    nesterov: fixed(flag(false)),
    weightDecay: nonNegative(0),
    maximize: flag(false),
  },

  rule({ nesterov }) {
    return nesterov ? momentumNesterov : momentum;
  },

  coefficients(row, at, options) {
    writeDecay(row, at, options, 'decoupled');
    row[at + c.momentum] = options.momentum;
    row[at + c.lr] = options.lr;
  },
};

/**
 * Gradient descent with momentum, in Sutskever's form: v ← momentum·v − lr·g; W ← W + v, or with Nesterov's look ahead
 * W ← W + (momentum·v − lr·g).
 *
 * The learning rate is inside the velocity, as in Keras: after a change of `lr` the old velocity runs out by itself.
 * PyTorch (`SGD` with momentum) keeps it outside, which is the same trajectory only while `lr` is constant.
 * State: `velocity`.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013);
 * `keras.optimizers.SGD`.
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
    super(definition, params, given);
  }
}
