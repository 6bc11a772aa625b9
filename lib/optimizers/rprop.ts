import { type Definition, dialects } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { fixed, flag, growing, nonNegative, openFraction, pair, positive } from '../options.js';
import type { Params } from '../params.js';
import { before } from '../rows.js';
import * as rules from '../rules/rprop.js';

/** The options of `Rprop`. */
export interface RpropOptions {
  /** What each element's step size starts with, >= 0. Default 0.01. Fixed. */
  lr?: number;
  /** What a step size is multiplied by: [where g changed its sign, in (0, 1); where it kept it, > 1]. Default [0.5, 1.2]. */
  etas?: readonly [number, number];
  /** The smallest and the largest step size, each > 0. Default [1e-6, 50]. */
  stepSizes?: readonly [number, number];
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form. Fixed. */
  dialect?: 'lockstep' | 'torch';
}

const c = rules.Rprop.coefficients;

const definition: Definition<RpropOptions> = {
  options: {
    lr: fixed(nonNegative(0.01)),
    etas: pair(openFraction(0.5), growing(1.2)),
    stepSizes: pair(positive(1e-6), positive(50)),
    maximize: flag(false),
    dialect: dialects('torch'),
  },

  conflict: ({ stepSizes: [smallest, largest] }) =>
    smallest > largest ? `stepSizes[0] must be at most stepSizes[1], received ${smallest}, ${largest}` : undefined,

  rule: () => rules.Rprop,

  initial: ({ lr }) => ({ stepSize: lr }),

  coefficients(row, at, { etas, stepSizes, maximize }) {
    row[at + before.gradScale] = maximize ? -1 : 1;
    row[at + c.shrink] = etas[0];
    row[at + c.grow] = etas[1];
    row[at + c.smallest] = stepSizes[0];
    row[at + c.largest] = stepSizes[1];
  },

  settlesAt: () => 1,
};

/**
 * Resilient backpropagation: every element has a step size of its own, and of the gradient only the sign counts.
 *
 * ```text
 * g ← ±g                                         − with maximize
 * s ← s·etas[1]                                  where g has the sign of p
 * s ← s·etas[0] and g ← 0                        where it has the opposite; s stays where either is 0
 * s ← min(max(s, stepSizes[0]), stepSizes[1])
 * W ← W − s·sign(g)
 * p ← g
 * ```
 *
 * @example
 * const rprop = new Rprop({ w, b });
 * rprop.step({ w: gradW, b: gradB });
 *
 * @when Whole batches, where the sign of a gradient can be trusted: each element finds its own step size, whatever the
 * scale of its gradient, and there is no learning rate to tune. Not for mini-batches, which make signs flip and every step
 * size small. It has no weight decay.
 *
 * @state Arrays of the parameter's type and length:
 * - `prev`: p, the last g; it starts with 0.
 * - `stepSize`: s, which starts with lr.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same, but for products of two gradients that underflow: PyTorch takes their sign for 0, lockstep multiplies
 *   signs.
 *
 * `optax.rprop` is another rule, and no dialect: it takes each update one step late.
 *
 * @source Riedmiller, Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm"
 * (https://doi.org/10.1109/ICNN.1993.298623); `torch.optim.Rprop`.
 */
export class Rprop<P extends Params<P>> extends Optimizer<P, RpropOptions, 'prev' | 'stepSize'> {
  constructor(params: P, given: RpropOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
