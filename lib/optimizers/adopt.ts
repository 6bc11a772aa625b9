import { type Definition, dialects, type WeightDecayMode, weightDecayMode, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { keepParams } from '../rows.js';
import * as rules from '../rules/adopt.js';
import type { Schedule } from '../schedule.js';

/** The options of `ADOPT`. */
export interface ADOPTOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of the normalised g and of g² that are kept, each in [0, 1). Default [0.9, 0.9999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** The least that g is divided by; > 0 in the type of the params. Default 1e-6. */
  eps?: number;
  /** Whether the normalised g is clipped to ±⁴√(t − 1). Default true. */
  clip?: boolean;
  /** Weight decay, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'l2'. */
  weightDecayMode?: WeightDecayMode;
  /** Whether elements whose step would go against the gradient stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', the authors' form, which is that of `optax.contrib` too. Fixed. */
  dialect?: 'lockstep' | 'optax';
}

const c = rules.ADOPT.coefficients;

const definition: Definition<ADOPTOptions> = {
  options: {
    lr: scheduled(nonNegative(0.001)),
    betas: scheduled(fractionPair(0.9, 0.9999)),
    eps: nonNegative(1e-6),
    clip: flag(true),
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('l2'),
    cautious: fixed(flag(false)),
    maximize: flag(false),
    dialect: dialects('optax'),
  },

  squares: true,

  dividesByEps: () => true,

  rule: ({ cautious }) => (cautious ? rules.CautiousADOPT : rules.ADOPT),

  coefficients(row, at, options, t) {
    const { lr, betas, eps, clip } = options;
    const isFirst = t === 1;
    writeDecay(row, at, options, options.weightDecayMode);
    if (isFirst) keepParams(row, at);
    row[at + c.beta1] = isFirst ? 1 : betas[0];
    row[at + c.rest1] = isFirst ? 0 : 1 - betas[0];
    row[at + c.beta2] = isFirst ? 0 : betas[1];
    row[at + c.rest2] = isFirst ? 1 : 1 - betas[1];
    row[at + c.lr] = lr;
    row[at + c.eps] = eps;
    row[at + c.bound] = clip || isFirst ? Math.sqrt(Math.sqrt(t - 1)) : Infinity;
  },

  settlesAt: ({ clip }) => (clip ? Infinity : 2),
};

/**
 * ADOPT: Adam whose gradient is divided by what came before it, so that it converges with any β₂.
 *
 * ```text
 * g ← ±g + weightDecay·W                 − with maximize
 *
 * in the first step:
 * v ← g²                                 no parameter moves
 *
 * then:
 * n ← clip(g / max(√v, eps), ±⁴√(t − 1)) without clip: n ← g / max(√v, eps)
 * m ← β₁·m + (1 − β₁)·n
 * W ← W − lr·m
 * v ← β₂·v + (1 − β₂)·g²
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'decoupled' has W ← (1 − lr·weightDecay)·W in place of the
 * penalty in g, 'independent' W ← (1 − weightDecay)·W. With `cautious`, an element whose step would go against g stays,
 * and the steps of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const adopt = new ADOPT({ w, b }, { lr: 1e-3 });
 * adopt.step({ w: gradW, b: gradB });
 *
 * @when In place of `Adam` where that is unstable, with the same lr.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgSq`: v.
 *
 * @dialects Compared with the formula:
 * - 'optax': the same, which is that of `optax.contrib`.
 *
 * In all of them the first step moves no parameter. timm's `Adopt` clips to ±(t − 1)^0.333 by default: its `clip_exp=0.25` is
 * the form here, its `clip_exp=None` is `clip: false`.
 *
 * @source Taniguchi et al., "ADOPT: Modified Adam Can Converge with Any β₂ with the Optimal Rate"
 * (https://arxiv.org/abs/2411.02853), iShohei220/adopt; `optax.contrib.adopt`.
 */
export class ADOPT<P extends Params<P>> extends Optimizer<P, ADOPTOptions, 'expAvg' | 'expAvgSq'> {
  constructor(params: P, given: ADOPTOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
