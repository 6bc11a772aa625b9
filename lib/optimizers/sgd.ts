import { type Definition, dialects, momentumConflict, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fraction, nonNegative, scheduled, upToOne, zeroOrMore } from '../options.js';
import type { Params } from '../params.js';
import * as velocity from '../rules/momentum.js';
import * as rules from '../rules/sgd.js';
import type { Schedule } from '../schedule.js';

/** The options of `SGD`. */
export interface SGDOptions {
  /** Learning rate, >= 0. Default 0.01 (torch: 0.001). */
  lr?: number | Schedule;
  /** Share of the momentum buffer that is kept, in [0, 1). Default 0: no buffer, and it must then stay 0. */
  momentum?: number;
  /** How much of each gradient but the first is kept out of the buffer, in [0, 1]. Default 0. */
  dampening?: number;
  /** Whether to look ahead (Nesterov); needs momentum and no dampening. Default false. Fixed. */
  nesterov?: boolean;
  /** L2 penalty, >= 0: weightDecay·W is added to g (keras: W shrinks by lr·weightDecay·W instead). Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. 'keras' has lr inside the buffer, as `Momentum`. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

const buffered = rules.SGDMomentum.coefficients;
const inside = velocity.Momentum.coefficients;

const definition: Definition<SGDOptions> = {
  options: {
    lr: scheduled(nonNegative(0.01)),
    momentum: zeroOrMore(fraction(0)),
    dampening: upToOne(0),
    nesterov: fixed(flag(false)),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  defaults: { torch: { lr: 0.001 } },

  conflict: momentumConflict,

  rule({ momentum: share, nesterov, dialect }) {
    if (share === 0) return rules.SGD;
    if (dialect === 'keras') return nesterov ? velocity.MomentumNesterov : velocity.Momentum;
    return nesterov ? rules.SGDNesterov : rules.SGDMomentum;
  },

  coefficients(row, at, options, t) {
    const { lr, momentum, dampening, dialect } = options;
    writeDecay(row, at, options, dialect === 'keras' ? 'decoupled' : 'l2');
    if (momentum === 0) {
      row[at + rules.SGD.coefficients.lr] = lr;
    } else if (dialect === 'keras') {
      row[at + inside.momentum] = momentum;
      row[at + inside.lr] = lr;
    } else {
      row[at + buffered.momentum] = momentum;
      row[at + buffered.rest] = t === 1 ? 1 : 1 - dampening;
      row[at + buffered.lr] = lr;
    }
  },

  settlesAt: () => 2,
};

/**
 * Stochastic gradient descent, with or without momentum in PyTorch's form.
 *
 * ```text
 * g ← ±g + weightDecay·W                 − with maximize
 * W ← W − lr·g
 *
 * with momentum, in place of the last line:
 * b ← momentum·b + (1 − dampening)·g     in the first step b ← g
 * W ← W − lr·b                           nesterov: W ← W − lr·(g + momentum·b)
 * ```
 *
 * lr is outside the buffer: a change of lr changes the whole velocity at once. `Momentum` has it inside.
 *
 * @example
 * const sgd = new SGD({ w, b }, { lr: 0.1, momentum: 0.9, nesterov: true });
 * sgd.step({ w: gradW, b: gradB });
 *
 * @when The baseline to beat. Good for convex problems; with momentum and a well-tuned schedule it often generalises
 * best, for convolutional networks above all. It needs that tuning: try lr 0.1, momentum 0.9, nesterov, and divide lr
 * by 10 where the loss stops falling.
 *
 * @state None without momentum, else an array of the parameter's type and length, which starts with 0:
 * - `momentumBuffer`: b.
 * - `velocity`: in its place in dialect 'keras', as in `Momentum`.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same, and lr 0.001 as default.
 * - 'keras': the rule of `Momentum`, with lr inside the buffer; W shrinks by lr·weightDecay·W, and g is without it.
 * - 'optax' and 'tfjs': the same; they have no dampening.
 *
 * @source `torch.optim.SGD`. Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
 */
export class SGD<P extends Params<P>> extends Optimizer<P, SGDOptions, 'momentumBuffer?' | 'velocity?'> {
  constructor(params: P, given: SGDOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
