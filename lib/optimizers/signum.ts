import { type Definition, dialects, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, fraction, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/signum.js';
import type { Schedule } from '../schedule.js';

/** The options of `Signum`. */
export interface SignumOptions {
  /** Learning rate, >= 0: how far each element moves in a step. Default 1e-4. */
  lr?: number | Schedule;
  /** Share of the average of g that is kept, in [0, 1). 0 is sign descent. Default 0.9. */
  momentum?: number;
  /** Decoupled weight decay, >= 0: W first shrinks by lr·weightDecay·W. Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is the same as Optax's. Fixed. */
  dialect?: 'lockstep' | 'optax';
}

const c = rules.Signum.coefficients;

const definition: Definition<SignumOptions> = {
  options: {
    lr: scheduled(nonNegative(1e-4)),
    momentum: fraction(0.9),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('optax'),
  },

  rule: () => rules.Signum,

  coefficients(row, at, options) {
    const { lr, momentum } = options;
    writeDecay(row, at, options, 'decoupled');
    row[at + c.momentum] = momentum;
    row[at + c.rest] = 1 - momentum;
    row[at + c.lr] = lr;
  },

  settlesAt: () => 1,
};

/**
 * Signum: sign descent with momentum, where every element moves by `lr`.
 *
 * ```text
 * g ← ±g                                 − with maximize
 * W ← (1 − lr·weightDecay)·W
 * m ← momentum·m + (1 − momentum)·g
 * W ← W − lr·sign(m)                     the sign of 0 is 0
 * ```
 *
 * @example
 * const signum = new Signum({ w, b }, { lr: 1e-4 });
 * signum.step({ w: gradW, b: gradB });
 *
 * @when Gradients with outliers, since their scale does not matter, or gradients that travel: a single bit an element
 * is enough. It is `Lion` with both betas equal, but that the step sees the new average.
 *
 * @state An array of the parameter's type and length, which starts with 0:
 * - `expAvg`: m.
 *
 * @dialects Compared with the formula:
 * - 'optax': the same.
 *
 * @source Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems"
 * (https://arxiv.org/abs/1802.04434); `optax.signum`.
 */
export class Signum<P extends Params<P>> extends Optimizer<P, SignumOptions, 'expAvg'> {
  constructor(params: P, given: SignumOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
