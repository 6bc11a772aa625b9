import { type Definition, dialects, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { flag, fraction, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/adadelta.js';
import type { Schedule } from '../schedule.js';

/** The options of `Adadelta`. */
export interface AdadeltaOptions {
  /** Learning rate, >= 0: scales the update, which has the units of W by itself. Default 1 (keras, tfjs: 0.001). */
  lr?: number | Schedule;
  /** Share of the averages of g² and of squared updates that is kept, in [0, 1). Default 0.9 (keras, tfjs: 0.95). */
  rho?: number;
  /** Added to both averages, inside the roots; > 0 in the type of the params. It gets the first steps going. Default 1e-6 (keras, tfjs: 1e-7). */
  eps?: number;
  /** L2 penalty, >= 0: weightDecay·W is added to g (keras: W shrinks by lr·weightDecay·W instead). Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

const c = rules.Adadelta.coefficients;

const small = { lr: 0.001, rho: 0.95, eps: 1e-7 };

const definition: Definition<AdadeltaOptions> = {
  options: {
    lr: scheduled(nonNegative(1)),
    rho: fraction(0.9),
    eps: nonNegative(1e-6),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  defaults: { keras: small, tfjs: small },

  squares: true,

  dividesByEps: () => true,

  rule: () => rules.Adadelta,

  coefficients(row, at, options) {
    const { lr, rho, eps, dialect } = options;
    writeDecay(row, at, options, dialect === 'keras' ? 'decoupled' : 'l2');
    row[at + c.rho] = rho;
    row[at + c.rest] = 1 - rho;
    row[at + c.eps] = eps;
    row[at + c.lr] = lr;
  },

  settlesAt: () => 1,
};

/**
 * Adadelta: updates take their length from the updates before them, so that no learning rate needs to be tuned.
 *
 * ```text
 * g ← ±g + weightDecay·W                 − with maximize
 * v ← rho·v + (1 − rho)·g²
 * d ← √((u + eps) / (v + eps))·g
 * u ← rho·u + (1 − rho)·d²
 * W ← W − lr·d
 * ```
 *
 * @example
 * const adadelta = new Adadelta({ w, b });
 * adadelta.step({ w: gradW, b: gradB });
 *
 * @when Where no learning rate is to be tuned: updates have the units of W by themselves. They start near √eps and take
 * a while to grow.
 *
 * @state Arrays of the parameter's type and length, which start with 0:
 * - `squareAvg`: v.
 * - `accDelta`: u.
 *
 * @dialects Compared with the formula:
 * - 'torch' and 'optax': the same.
 * - 'keras': lr 0.001, rho 0.95, eps 1e-7, and W shrinks by lr·weightDecay·W instead of weightDecay·W being added to g.
 * - 'tfjs': its defaults, lr 0.001, rho 0.95 and eps 1e-7, and the paper's rule. TensorFlow.js itself is wrong: it
 *   divides by the v of the step before, which makes its first steps hundreds of times too long.
 *
 * @source Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (https://arxiv.org/abs/1212.5701);
 * `torch.optim.Adadelta`, `keras.optimizers.Adadelta`, `optax.adadelta`, `tf.train.adadelta`.
 */
export class Adadelta<P extends Params<P>> extends Optimizer<P, AdadeltaOptions, 'squareAvg' | 'accDelta'> {
  constructor(params: P, given: AdadeltaOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
