import { type Definition, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fraction, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/momentum.js';
import type { Schedule } from '../schedule.js';

/** The options of `Momentum`. */
export interface MomentumOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number | Schedule;
  /** Share of the velocity that is kept, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Whether to look ahead (Nesterov). Default false. Fixed. */
  nesterov?: boolean;
  /** Decoupled weight decay, >= 0: W first shrinks by lr·weightDecay·W, as in Keras. Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
}

const c = rules.Momentum.coefficients;

const definition: Definition<MomentumOptions> = {
  options: {
    lr: scheduled(nonNegative(0.01)),
    momentum: fraction(0.9),
    nesterov: fixed(flag(false)),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
  },

  rule({ nesterov }) {
    return nesterov ? rules.MomentumNesterov : rules.Momentum;
  },

  coefficients(row, at, options) {
    writeDecay(row, at, options, 'decoupled');
    row[at + c.momentum] = options.momentum;
    row[at + c.lr] = options.lr;
  },

  settlesAt: () => 1,
};

/**
 * Gradient descent with momentum in Sutskever's form: the learning rate is inside the velocity, as in Keras.
 *
 * ```text
 * g ← ±g                                 − with maximize
 * W ← (1 − lr·weightDecay)·W
 * v ← momentum·v − lr·g
 * W ← W + v                              nesterov: W ← W + (momentum·v − lr·g)
 * ```
 *
 * @example
 * const optimizer = new Momentum([w, b], { lr: 0.01, momentum: 0.9 });
 * optimizer.step([gradW, gradB]);
 *
 * @when Where `SGD` zigzags: as good, and much faster. After a change of `lr` the old velocity runs out by itself,
 * where PyTorch's form (`SGD` with momentum) rescales it at once; while `lr` is constant the two are the same
 * trajectory.
 *
 * @state An array of the parameter's type and length, which starts with 0:
 * - `velocity`: v.
 *
 * @source Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013);
 * `keras.optimizers.SGD`.
 */
export class Momentum<P extends Params<P>> extends Optimizer<P, MomentumOptions, 'velocity'> {
  constructor(params: P, given: MomentumOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
