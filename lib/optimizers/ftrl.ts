import { type Definition, dialects, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { choice, fixed, flag, nonNegative, positive, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/ftrl.js';
import type { Schedule } from '../schedule.js';

/** The options of `FTRL`. */
export interface FTRLOptions {
  /** Learning rate, > 0, since sums are divided by it: a schedule must not reach 0. Default 0.001. */
  lr?: number | Schedule;
  /** How step sizes fall: q(n) = n⁻ᵖᵒʷᵉʳ is 1, √n or n. One of 0, −0.5, −1. Default −0.5. Fixed. */
  power?: 0 | -0.5 | -1;
  /** L1 penalty, >= 0: what holds unimportant weights at exactly 0. Default 0. */
  l1?: number;
  /** L2 penalty, >= 0: 2·l2 is added to the denominator, as in Keras. Default 0. */
  l2?: number;
  /** The paper's β, >= 0: beta / lr is added to the denominator. Default 0. */
  beta?: number;
  /** What the sum of squares starts with; >= 0. Default 0.1. Fixed. */
  initialAccumulator?: number;
  /** Decoupled weight decay, >= 0: W first shrinks by lr·weightDecay·W. Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is the same as Keras's. Fixed. */
  dialect?: 'lockstep' | 'keras';
}

const c = rules.FTRL.coefficients;

const definition: Definition<FTRLOptions> = {
  options: {
    lr: scheduled(positive(0.001)),
    power: fixed(choice(-0.5, 0, -0.5, -1)),
    l1: nonNegative(0),
    l2: nonNegative(0),
    beta: nonNegative(0),
    initialAccumulator: fixed(nonNegative(0.1)),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('keras'),
  },

  squares: true,

  rule: () => rules.FTRL,

  initial: ({ initialAccumulator }) => ({ accumulator: initialAccumulator }),

  coefficients(row, at, options) {
    const { lr, power, l1, l2, beta } = options;
    writeDecay(row, at, options, 'decoupled');
    row[at + c.root] = power === -0.5 ? 1 : 0;
    row[at + c.linear] = power === -1 ? 1 : 0;
    row[at + c.scale] = 1 / lr;
    row[at + c.l1] = l1;
    row[at + c.rest] = ((power === 0 ? 1 : 0) + beta) / lr + 2 * l2;
  },

  settlesAt: () => 1,
};

/**
 * FTRL-Proximal, "follow the regularized leader": makes W anew from sums in each step, most of it exactly 0 with `l1`.
 *
 * ```text
 * g ← ±g                                 − with maximize
 * W ← (1 − lr·weightDecay)·W
 * q₀ ← q(n)                              q(n) = n⁻ᵖᵒʷᵉʳ: 1, √n or n
 * n ← n + g²
 * z ← z + (g − (1 / lr)·(q(n) − q₀)·W)
 * W ← (clip(z, ±l1) − z) / (q(n) / lr + (beta / lr + 2·l2))
 * W ← 0                                  where |z| <= l1
 * ```
 *
 * `power` is one of three values, since any other takes a power per element that not all platforms compute alike.
 *
 * @example
 * const ftrl = new FTRL({ weights }, { lr: 0.1, l1: 1, beta: 1 });
 * ftrl.step({ weights: grad });
 *
 * @when On-line linear models over sparse features, such as the prediction of clicks. W should start at 0: other
 * initial weights enter z only as far as n grows.
 *
 * @state Arrays of the parameter's type and length:
 * - `accumulator`: n, which starts with `initialAccumulator`.
 * - `linearTerm`: z, which starts with 0.
 *
 * @dialects Compared with the formula:
 * - 'keras': the same, without Keras's shrinkage-type L2.
 *
 * @source McMahan et al., "Ad Click Prediction: a View from the Trenches" (KDD 2013,
 * https://research.google/pubs/pub41159); `keras.optimizers.Ftrl`.
 */
export class FTRL<P extends Params<P>> extends Optimizer<P, FTRLOptions, 'accumulator' | 'linearTerm'> {
  constructor(params: P, given: FTRLOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
