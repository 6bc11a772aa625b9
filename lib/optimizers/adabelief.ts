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
import { powersAt, powersVanishAt } from '../powers.js';
import * as rules from '../rules/adabelief.js';
import type { Schedule } from '../schedule.js';

/** The options of `AdaBelief`. */
export interface AdaBeliefOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of g and (g − m)² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to s in every step, and to its root; > 0 in the type of the params. Default 1e-16; the authors advise 1e-8 where SGD does better than Adam. */
  eps?: number;
  /** Weight decay, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'decoupled'. */
  weightDecayMode?: WeightDecayMode;
  /** Whether elements whose step would go against the gradient stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', the authors' form, which is Optax's too. Fixed. */
  dialect?: 'lockstep' | 'optax';
}

const c = rules.AdaBelief.coefficients;

const definition: Definition<AdaBeliefOptions> = {
  options: {
    lr: scheduled(nonNegative(0.001)),
    betas: scheduled(fractionPair(0.9, 0.999)),
    eps: nonNegative(1e-16),
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('decoupled'),
    cautious: fixed(flag(false)),
    maximize: flag(false),
    dialect: dialects('optax'),
  },

  squares: true,

  dividesByEps: () => true,

  rule: ({ cautious }) => (cautious ? rules.CautiousAdaBelief : rules.AdaBelief),

  coefficients(row, at, options, t) {
    const { lr, betas, eps } = options;
    writeDecay(row, at, options, options.weightDecayMode);
    writeBetas(row, at, c, betas);
    const powers = powersAt(betas, t);
    row[at + c.stepSize] = lr / (1 - powers[0]);
    row[at + c.rootScale] = 1 / Math.sqrt(1 - powers[1]);
    row[at + c.eps] = eps;
  },

  settlesAt: ({ betas }) => powersVanishAt(betas),
};

/**
 * AdaBelief: Adam that divides by how far gradients are from what was expected of them, not by how large they are.
 *
 * ```text
 * α ← lr / (1 − β₁ᵗ), r ← 1 / √(1 − β₂ᵗ)    once a step, in f64
 * g ← ±g                                    − with maximize
 * W ← (1 − lr·weightDecay)·W
 * m ← β₁·m + (1 − β₁)·g
 * s ← β₂·s + (1 − β₂)·(g − m)² + eps
 * W ← W − α·(m / (√s·r + eps))
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'independent' has 1 − weightDecay for the factor of W, and
 * 'l2' adds weightDecay·W to g instead. With `cautious`, an element whose step would go against g stays, and the steps
 * of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const adabelief = new AdaBelief({ w, b }, { lr: 1e-3 });
 * adabelief.step({ w: gradW, b: gradB });
 *
 * @when In place of `Adam`, where longer steps are wanted as long as gradients agree. It is sensitive to eps: 1e-16
 * where Adam does better than SGD, 1e-8 where SGD does better.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgVar`: s.
 *
 * @dialects Compared with the formula:
 * - 'optax': the same.
 *
 * @source Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients"
 * (https://arxiv.org/abs/2010.07468), `adabelief-pytorch` with `rectify=False`; `optax.adabelief`.
 */
export class AdaBelief<P extends Params<P>> extends Optimizer<P, AdaBeliefOptions, 'expAvg' | 'expAvgVar'> {
  constructor(params: P, given: AdaBeliefOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
