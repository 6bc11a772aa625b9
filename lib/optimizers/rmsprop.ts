import { type Definition, dialects, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { choice, fixed, flag, fraction, nonNegative, scheduled, zeroOrMore } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/rmsprop.js';
import type { Schedule } from '../schedule.js';

/** The options of `RMSprop`. */
export interface RMSpropOptions {
  /** Learning rate, >= 0. Default 0.01 (keras: 0.001). */
  lr?: number | Schedule;
  /** Share of the average of g² that is kept, in [0, 1). Default 0.99 (keras, optax, tfjs: 0.9). */
  alpha?: number;
  /** Keeps the division finite; > 0 in the type of the params. Default 1e-8 (keras, tfjs: 1e-7). */
  eps?: number;
  /** Where eps stands: √v + eps or √(v + eps). Default 'outside' (keras, optax, tfjs: 'inside'). */
  epsPlace?: 'outside' | 'inside';
  /** Whether to divide by the deviation: √(v − a²), a being the average of g. Default false. Fixed. */
  centered?: boolean;
  /** Share of the momentum buffer that is kept, in [0, 1). Default 0: no buffer, and it must then stay 0. */
  momentum?: number;
  /** L2 penalty, >= 0: weightDecay·W is added to g (keras: W shrinks by lr·weightDecay·W instead). Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. 'keras', 'optax' and 'tfjs' have lr inside the buffer. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

const plain = rules.RMSprop.coefficients;
const buffered = rules.RMSpropMomentum.coefficients;

const inside = { alpha: 0.9, epsPlace: 'inside' } as const;

const definition: Definition<RMSpropOptions> = {
  options: {
    lr: scheduled(nonNegative(0.01)),
    alpha: fraction(0.99),
    eps: nonNegative(1e-8),
    epsPlace: choice('outside', 'outside', 'inside'),
    centered: fixed(flag(false)),
    momentum: zeroOrMore(fraction(0)),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  defaults: { keras: { ...inside, lr: 0.001, eps: 1e-7 }, optax: inside, tfjs: { ...inside, eps: 1e-7 } },

  squares: true,

  dividesByEps: () => true,

  rule({ centered, momentum }) {
    if (momentum === 0) return centered ? rules.RMSpropCentered : rules.RMSprop;
    return centered ? rules.RMSpropCenteredMomentum : rules.RMSpropMomentum;
  },

  coefficients(row, at, options) {
    const { lr, alpha, eps, epsPlace, momentum, dialect } = options;
    writeDecay(row, at, options, dialect === 'keras' ? 'decoupled' : 'l2');
    row[at + plain.alpha] = alpha;
    row[at + plain.rest] = 1 - alpha;
    row[at + plain.epsInside] = epsPlace === 'inside' ? eps : 0;
    row[at + plain.eps] = epsPlace === 'outside' ? eps : 0;
    if (momentum === 0) {
      row[at + plain.lr] = lr;
      return;
    }
    const isOutside = dialect === 'lockstep' || dialect === 'torch';
    row[at + buffered.momentum] = momentum;
    row[at + buffered.inner] = isOutside ? 1 : lr;
    row[at + buffered.outer] = isOutside ? lr : 1;
  },

  settlesAt: () => 1,
};

/**
 * RMSprop: AdaGrad that forgets, by an average of squared gradients in place of their sum.
 *
 * ```text
 * g ← ±g + weightDecay·W                 − with maximize
 * v ← alpha·v + (1 − alpha)·g²
 * s ← √v + eps                           epsPlace 'inside': s ← √(v + eps)
 * W ← W − lr·g / s
 *
 * centered:
 * a ← alpha·a + (1 − alpha)·g            before s, which has max(0, v − a²) in place of v
 *
 * with momentum, in place of the last line:
 * b ← momentum·b + g / s
 * W ← W − lr·b
 * ```
 *
 * @example
 * const rmsprop = new RMSprop({ w, b }, { lr: 1e-3, momentum: 0.9 });
 * rmsprop.step({ w: gradW, b: gradB });
 *
 * @when Recurrent networks and reinforcement learning, where gradients change their scale. Where eps stands matters
 * there: take the dialect of the system whose results are to be repeated.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `squareAvg`: v.
 * - `gradAvg`: a; with `centered` only.
 * - `momentumBuffer`: b; with momentum only.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same. Where rounding makes v − a² negative, PyTorch has NaN, and lockstep takes 0.
 * - 'keras', 'optax' and 'tfjs': alpha 0.9, eps inside the root, and lr inside the buffer: b ← momentum·b + lr·g / s; W
 *   ← W − b.
 * - 'keras': lr 0.001, eps 1e-7, and W shrinks by lr·weightDecay·W instead of weightDecay·W being added to g.
 * - 'tfjs': eps 1e-7. TensorFlow.js is wrong when centered: it takes the root of v − (a² + eps), which is NaN as soon
 *   as gradients repeat. Its dialect computes √(max(0, v − a²) + eps), as Keras means it.
 *
 * @source Tieleman, Hinton, "Lecture 6.5: RMSProp" (2012),
 * https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf; centered: Graves, "Generating Sequences
 * With Recurrent Neural Networks" (https://arxiv.org/abs/1308.0850); `torch.optim.RMSprop`, `keras.optimizers.RMSprop`,
 * `optax.rmsprop`, `tf.train.rmsprop`.
 */
export class RMSprop<P extends Params<P>> extends Optimizer<
  P,
  RMSpropOptions,
  'squareAvg' | 'gradAvg?' | 'momentumBuffer?'
> {
  constructor(params: P, given: RMSpropOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
