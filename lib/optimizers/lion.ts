import {
  type Definition,
  dialects,
  type WeightDecayMode,
  weightDecayMode,
  writeBetas,
  writeDecay,
} from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/lion.js';
import type { Schedule } from '../schedule.js';

/** The options of `Lion`. */
export interface LionOptions {
  /** Learning rate, >= 0: how far each element moves in a step. Default 1e-4 (keras: 0.001). */
  lr?: number | Schedule;
  /** Shares of the average that are kept, in the step and in the average itself, each in [0, 1). Default [0.9, 0.99]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Weight decay, >= 0. Default 0 (optax: 0.001). */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'decoupled'. */
  weightDecayMode?: WeightDecayMode;
  /** Whether elements whose step would go against the gradient stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', the authors' form, which is everyone's: only defaults differ. Fixed. */
  dialect?: 'lockstep' | 'keras' | 'optax';
}

const c = rules.Lion.coefficients;

const definition: Definition<LionOptions> = {
  options: {
    lr: scheduled(nonNegative(1e-4)),
    betas: scheduled(fractionPair(0.9, 0.99)),
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('decoupled'),
    cautious: fixed(flag(false)),
    maximize: flag(false),
    dialect: dialects('keras', 'optax'),
  },
  defaults: { keras: { lr: 0.001 }, optax: { weightDecay: 0.001 } },

  rule: ({ cautious }) => (cautious ? rules.CautiousLion : rules.Lion),

  coefficients(row, at, options) {
    const { lr, betas } = options;
    writeDecay(row, at, options, options.weightDecayMode);
    writeBetas(row, at, c, betas);
    row[at + c.lr] = lr;
  },

  settlesAt: () => 1,
};

/**
 * Lion: every element moves by `lr`, in the direction that an average of gradients has.
 *
 * ```text
 * g ← ±g                                 − with maximize
 * W ← (1 − lr·weightDecay)·W
 * W ← W − lr·sign(β₁·m + (1 − β₁)·g)     the sign of 0 is 0
 * m ← β₂·m + (1 − β₂)·g
 * ```
 *
 * `weightDecayMode` 'independent' has 1 − weightDecay for the factor of W, and 'l2' adds weightDecay·W to g instead.
 * With `cautious`, an element whose step would go against g stays, and the steps of the others are divided by the share
 * of elements that move (at least 0.001).
 *
 * @example
 * const lion = new Lion({ w, b }, { lr: 3e-5, weightDecay: 1 });
 * lion.step({ w: gradW, b: gradB });
 *
 * @when Large models and large batches: half the state of Adam, no division and no root. Take an lr 3 to 10 times
 * smaller than for `AdamW`, and a weightDecay as much larger.
 *
 * @state An array of the parameter's type and length, which starts with 0:
 * - `expAvg`: m.
 *
 * @dialects All have this rule, and only defaults differ.
 * - 'keras': lr 0.001.
 * - 'optax': weightDecay 0.001.
 *
 * @source Chen et al., "Symbolic Discovery of Optimization Algorithms" (https://arxiv.org/abs/2302.06675),
 * google/automl; `keras.optimizers.Lion`, `optax.lion`.
 */
export class Lion<P extends Params<P>> extends Optimizer<P, LionOptions, 'expAvg'> {
  constructor(params: P, given: LionOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
