import { type Definition, dialects, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, fractionTriple, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt, powersVanishAt } from '../powers.js';
import * as rules from '../rules/adan.js';
import type { Schedule } from '../schedule.js';

/** The options of `Adan`. */
export interface AdanOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of g, of its differences and of their squares that are kept, in [0, 1). Default [0.98, 0.92, 0.99]. */
  betas?: readonly [number, number, number] | Schedule<readonly [number, number, number]>;
  /** Added to the root, outside of it (optax: inside of it too); > 0 in the type of the params. Default 1e-8. */
  eps?: number;
  /** Weight decay, >= 0: after the step W is divided by 1 + lr·weightDecay. Default 0. */
  weightDecay?: number | Schedule;
  /** Whether W shrinks by lr·weightDecay·W before the step instead, as in `AdamW`. Default false (optax: true). */
  noProx?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /**
   * Default 'lockstep', the authors' form. 'optax' weighs the differences by 1 − β₂ where the authors have β₂: with the
   * same betas it is another optimizer. Fixed.
   */
  dialect?: 'lockstep' | 'optax';
}

const c = rules.Adan.coefficients;

const definition: Definition<AdanOptions> = {
  options: {
    lr: scheduled(nonNegative(0.001)),
    betas: scheduled(fractionTriple(0.98, 0.92, 0.99)),
    eps: nonNegative(1e-8),
    weightDecay: scheduled(nonNegative(0)),
    noProx: flag(false),
    maximize: flag(false),
    dialect: dialects('optax'),
  },
  defaults: { optax: { noProx: true } },

  squares: true,

  dividesByEps: () => true,

  rule: () => rules.Adan,

  coefficients(row, at, options, t) {
    const { lr, betas, eps, weightDecay, noProx, maximize, dialect } = options;
    const ahead = dialect === 'optax' ? 1 - betas[1] : betas[1];
    const powers = powersAt(betas, t);
    const correction3 = 1 - powers[2];
    writeDecay(row, at, { lr, weightDecay: noProx ? weightDecay : 0, maximize }, 'decoupled');
    row[at + c.beta1] = betas[0];
    row[at + c.rest1] = 1 - betas[0];
    row[at + c.beta2] = betas[1];
    row[at + c.rest2] = t === 1 ? 0 : 1 - betas[1];
    row[at + c.beta3] = betas[2];
    row[at + c.rest3] = 1 - betas[2];
    row[at + c.ahead] = t === 1 ? 0 : ahead;
    row[at + c.stepSize] = lr / (1 - powers[0]);
    row[at + c.stepSizeDiff] = (lr * ahead) / (1 - powers[1]);
    row[at + c.epsInside] = dialect === 'optax' ? eps * correction3 : 0;
    row[at + c.rootScale] = 1 / Math.sqrt(correction3);
    row[at + c.eps] = eps;
    row[at + c.shrink] = noProx ? 1 : 1 / (1 + lr * weightDecay);
  },

  settlesAt: ({ betas }) => powersVanishAt(betas),
};

/**
 * Adan: Nesterov's momentum from the differences of gradients.
 *
 * ```text
 * α ← lr / (1 − β₁ᵗ), γ ← lr·β₂ / (1 − β₂ᵗ)     once a step, in f64
 * r ← 1 / √(1 − β₃ᵗ), k ← 1 / (1 + lr·weightDecay)
 * g ← ±g                                        − with maximize
 * d ← g − l                                     in the first step d ← 0
 * m ← β₁·m + (1 − β₁)·g
 * e ← β₂·e + (1 − β₂)·d
 * n ← β₃·n + (1 − β₃)·(g + β₂·d)²
 * W ← k·(W − (α·m + γ·e) / (√n·r + eps))        noProx: k ← 1, and before all W ← (1 − lr·weightDecay)·W
 * l ← g
 * ```
 *
 * t is the parameter's own count of steps. The authors' optional clipping of the global norm is not part of it.
 *
 * @example
 * const adan = new Adan({ w, b }, { lr: 5e-3, weightDecay: 0.02 });
 * adan.step({ w: gradW, b: gradB });
 *
 * @when Vision and language models, to take fewer steps than with `AdamW`, with an lr 5 to 10 times larger and twice
 * its state.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgDiff`: e.
 * - `expAvgSq`: n.
 * - `lastGrad`: l, the gradient of the step before.
 *
 * @dialects Compared with the formula:
 * - 'optax': weighs the differences by 1 − β₂ where the authors have β₂: with the same betas it is another optimizer.
 *   eps is inside the root too, and the weight decay is that of `noProx`.
 *
 * The authors count steps once for each group, lockstep for each parameter: results differ where a gradient was `null`.
 *
 * @source Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models"
 * (https://arxiv.org/abs/2208.06677), sail-sg/Adan; `optax.adan`.
 */
export class Adan<P extends Params<P>> extends Optimizer<
  P,
  AdanOptions,
  'expAvg' | 'expAvgDiff' | 'expAvgSq' | 'lastGrad'
> {
  constructor(params: P, given: AdanOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
