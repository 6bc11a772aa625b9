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
import { powersAt } from '../powers.js';
import { adam, cautiousAdam } from '../rules/adam.js';
import type { Schedule } from '../schedule.js';

/** The options of `RAdam`. */
export interface RAdamOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to the root of v (optax: of the corrected v), outside of it; >= 0. Default 1e-8. */
  eps?: number;
  /** Weight decay, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** What weight decay does: 'l2' adds weightDecay·W to g, 'decoupled' shrinks W by lr·weightDecay·W, 'independent' by weightDecay·W. Default 'l2'. */
  weightDecayMode?: WeightDecayMode;
  /** Whether elements whose step would go against the gradient stay, and the others go further for it. Default false. Fixed. */
  cautious?: boolean;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. 'optax' rectifies from ρ = 5 on, and has eps as Adam. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'optax';
}

const c = adam.coefficients;

const definition: Definition<RAdamOptions> = {
  options: {
    lr: scheduled(nonNegative(0.001)),
    betas: scheduled(fractionPair(0.9, 0.999)),
    eps: nonNegative(1e-8),
    weightDecay: scheduled(nonNegative(0)),
    weightDecayMode: weightDecayMode('l2'),
    cautious: fixed(flag(false)),
    maximize: flag(false),
    dialect: dialects('torch', 'optax'),
  },

  rule: ({ cautious }) => (cautious ? cautiousAdam : adam),

  coefficients(row, at, options, t) {
    const { lr, betas, eps, dialect } = options;
    writeDecay(row, at, options, options.weightDecayMode);
    const beta2 = betas[1];
    writeBetas(row, at, c, betas);

    const powers = powersAt(betas, t);
    const stepSize = lr / (1 - powers[0]);
    const power2 = powers[1];
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * t * power2) / (1 - power2);
    const isOptax = dialect === 'optax';
    if (length > 5 || (isOptax && length === 5)) {
      const root = Math.sqrt(1 - power2);
      const rectified = stepSize * rectification(length, longest);
      row[at + c.stepSize] = isOptax ? rectified : rectified * root;
      row[at + c.rootScale] = isOptax ? 1 / root : 1;
      row[at + c.eps] = eps;
    } else {
      row[at + c.stepSize] = stepSize;
      row[at + c.rootScale] = 0;
      row[at + c.eps] = 1;
    }
  },
};

/** How much of Adam's step the variance of 1/√v allows, v being as of an average over `length` gradients. */
function rectification(length: number, longest: number): number {
  return Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
}

/**
 * Rectified Adam: Adam that warms itself up, since in its first steps √v is not to be trusted yet.
 *
 * ```text
 * ρ∞ ← 2 / (1 − β₂) − 1                     once a step, in f64
 * ρ ← ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ)
 * r ← √((ρ − 4)·(ρ − 2)·ρ∞ / ((ρ∞ − 4)·(ρ∞ − 2)·ρ))
 * α ← lr / (1 − β₁ᵗ)
 *
 * g ← ±g + weightDecay·W                    − with maximize
 * m ← β₁·m + (1 − β₁)·g
 * v ← β₂·v + (1 − β₂)·g²
 * W ← W − α·m                               while ρ <= 5
 * W ← W − α·r·√(1 − β₂ᵗ)·(m / (√v + eps))   then
 * ```
 *
 * t is the parameter's own count of steps. `weightDecayMode` 'decoupled' has W ← (1 − lr·weightDecay)·W in place of the
 * penalty in g, 'independent' W ← (1 − weightDecay)·W. With `cautious`, an element whose step would go against g stays,
 * and the steps of the others are divided by the share of elements that move (at least 0.001).
 *
 * @example
 * const radam = new RAdam({ w, b }, { lr: 1e-3 });
 * radam.step({ w: gradW, b: gradB });
 *
 * @when Where `Adam` needs a warm-up of lr. The first steps, five with the default betas, are plain momentum, whose
 * length depends on the scale of the gradient.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `expAvg`: m.
 * - `expAvgSq`: v.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same.
 * - 'optax': the root is corrected before eps is added, √v / √(1 − β₂ᵗ) + eps as in `Adam`, and ρ = 5 is rectified
 *   already.
 *
 * @source Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (https://arxiv.org/abs/1908.03265);
 * `torch.optim.RAdam`, `optax.radam`.
 */
export class RAdam<P extends Params<P>> extends Optimizer<P, RAdamOptions, 'expAvg' | 'expAvgSq'> {
  constructor(params: P, given: RAdamOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
