import {
  type Definition,
  dialects,
  type WeightDecayMode,
  weightDecayMode,
  writeBetas,
  writeDecay,
} from '../definition.js';
import { log, polynomial } from '../elementary.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fractionPair, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import { powersAt } from '../powers.js';
import * as rules from '../rules/adam.js';
import type { Schedule } from '../schedule.js';

/** The options of `RAdam`. */
export interface RAdamOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number | Schedule;
  /** Shares of the averages of g and g² that are kept, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number] | Schedule<readonly [number, number]>;
  /** Added to the root of v (optax: of the corrected v), outside of it; > 0 in the type of the params. Default 1e-8. */
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

const c = rules.Adam.coefficients;

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

  squares: true,

  dividesByEps: () => true,

  rule: ({ cautious }) => (cautious ? rules.CautiousAdam : rules.Adam),

  coefficients(row, at, options, t) {
    const { lr, betas, eps, dialect } = options;
    writeDecay(row, at, options, options.weightDecayMode);
    const beta2 = betas[1];
    writeBetas(row, at, c, betas);

    const powers = powersAt(betas, t);
    const stepSize = lr / (1 - powers[0]);
    const power2 = powers[1];
    const longest = longestLength(beta2);
    const length = dialect === 'lockstep' ? averagedLength(beta2, t, power2) : cancellingLength(beta2, t, power2);
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

/** ρ∞: how many gradients the average v is over in the end. */
function longestLength(beta2: number): number {
  return 2 / (1 - beta2) - 1;
}

/** The Taylor coefficients of coth(z) − 1/z = z/3 − z³/45 + …, divided by z: those of z², from the constant on. */
const cothCoefficients = [
  0.3333333333333333, -0.022222222222222223, 0.0021164021164021165, -0.00021164021164021165, 2.1377799155576935e-5,
  -2.1644042808063972e-6, 2.1925947851873778e-7, -2.2214608789979678e-8, 2.2507846516808994e-9, -2.2805151204592183e-10,
  2.3106432599002624e-11, -2.3411706819824882e-12,
];

/** coth(z) − 1/z for 0 <= z <= 1/2. */
function cothRest(z: number): number {
  return z * polynomial(z * z, cothCoefficients);
}

/** The β₂ of the last call, and −ln β₂. In an array: V8 boxes doubles at calls that it does not inline. */
const decayRate = new Float64Array([Number.NaN, 0]);

/**
 * ρ = ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ): over how many gradients the average v is in step t. `power2` is β₂ᵗ.
 *
 * With L = −ln β₂, ρ∞ is coth(L/2), and the other term is t·coth(t·L/2) − t. In the first steps both are about 2/L, far larger
 * than ρ, and their difference has few right digits (for β₂ = 1 − 1e-10 and t = 5: none after the fifth). There 2/L is left
 * out of both: with c(z) = coth(z) − 1/z, ρ = t + c(L/2) − t·c(t·L/2).
 */
export function averagedLength(beta2: number, t: number, power2: number): number {
  if (t * (1 - beta2) < 1) {
    if (decayRate[0] !== beta2) {
      decayRate[0] = beta2;
      decayRate[1] = -log(beta2);
    }
    const rate = decayRate[1];
    if (t * rate <= 1) return t + cothRest(rate / 2) - t * cothRest((t * rate) / 2);
  }
  return cancellingLength(beta2, t, power2);
}

/** ρ as PyTorch and Optax compute it, whose runs their dialects follow: in the first steps it has few right digits. */
function cancellingLength(beta2: number, t: number, power2: number): number {
  return longestLength(beta2) - (2 * t * power2) / (1 - power2);
}

/** How much of Adam's step the variance of 1/√v allows, v being as of an average over `length` gradients. */
function rectification(length: number, longest: number): number {
  return Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
}

/**
 * Rectified Adam: Adam that warms itself up, since in its first steps √v is not to be trusted yet.
 *
 * ```text
 * ρ∞ ← 2 / (1 − β₂) − 1                     once a step, in f64
 * ρ ← ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ)             without the cancellation of this difference
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
 * - 'torch': ρ is the difference as it stands. In the first steps it cancels, and has few right digits where β₂ is near 1:
 *   eleven for β₂ = 0.999, none for 1 − 1e-10. The first rectified steps are off by as much.
 * - 'optax': ρ as in 'torch'; the root is corrected before eps is added, √v / √(1 − β₂ᵗ) + eps as in `Adam`, and ρ = 5 is rectified
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
