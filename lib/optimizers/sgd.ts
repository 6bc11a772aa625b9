import { type Definition, dialects, momentumConflict, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, fraction, nonNegative, upToOne, zeroOrMore } from '../options.js';
import type { Params } from '../params.js';
import { momentum, momentumNesterov } from '../rules/momentum.js';
import { sgd, sgdMomentum, sgdNesterov } from '../rules/sgd.js';

/** The options of `SGD`. */
export interface SGDOptions {
  /** Learning rate, >= 0. Default 0.01 (torch: 0.001). */
  lr?: number;
  /** Share of the momentum buffer that is kept, in [0, 1). Default 0: no buffer, and it must then stay 0. */
  momentum?: number;
  /** How much of each gradient but the first is kept out of the buffer, in [0, 1]. Default 0. */
  dampening?: number;
  /** Whether to look ahead (Nesterov); needs momentum and no dampening. Default false. Fixed. */
  nesterov?: boolean;
  /** L2 penalty, >= 0: weightDecay·W is added to g (keras: W shrinks by lr·weightDecay·W instead). Default 0. */
  weightDecay?: number;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. 'keras' has lr inside the buffer, as `Momentum`. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

const buffered = sgdMomentum.coefficients;
const inside = momentum.coefficients;

const definition: Definition<SGDOptions> = {
  options: {
    lr: nonNegative(0.01),
    momentum: zeroOrMore(fraction(0)),
    dampening: upToOne(0),
    nesterov: fixed(flag(false)),
    weightDecay: nonNegative(0),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  defaults: { torch: { lr: 0.001 } },

  conflict: momentumConflict,

  rule({ momentum: share, nesterov, dialect }) {
    if (share === 0) return sgd;
    if (dialect === 'keras') return nesterov ? momentumNesterov : momentum;
    return nesterov ? sgdNesterov : sgdMomentum;
  },

  coefficients(row, at, options, t) {
    const { lr, momentum, dampening, dialect } = options;
    writeDecay(row, at, options, dialect === 'keras' ? 'decoupled' : 'l2');
    if (momentum === 0) {
      row[at + sgd.coefficients.lr] = lr;
    } else if (dialect === 'keras') {
      row[at + inside.momentum] = momentum;
      row[at + inside.lr] = lr;
    } else {
      row[at + buffered.momentum] = momentum;
      row[at + buffered.rest] = t === 1 ? 1 : 1 - dampening;
      row[at + buffered.lr] = lr;
    }
  },
};

/**
 * Stochastic gradient descent: W ← W − lr·g, where g ← ±g + weightDecay·W.
 *
 * With momentum, in PyTorch's form: b ← momentum·b + (1 − dampening)·g (b ← g in the first step); W ← W − lr·b, or with
 * Nesterov's look ahead W ← W − lr·(g + momentum·b). lr is outside the buffer: a change of lr changes the whole velocity
 * at once. `Momentum` has it inside.
 *
 * The baseline to beat; good for convex problems, and with a well-tuned schedule it often generalises best.
 * State: none, or `momentumBuffer` (b), or `velocity` in dialect 'keras'.
 *
 * Source: `torch.optim.SGD`.
 *
 * @example
 * const sgd = new SGD({ w, b }, { lr: 0.1, momentum: 0.9, nesterov: true });
 * sgd.step({ w: gradW, b: gradB });
 */
export class SGD<P extends Params<P>> extends Optimizer<P, SGDOptions, 'momentumBuffer' | 'velocity'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: SGDOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
