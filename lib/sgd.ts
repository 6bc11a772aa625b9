import { type CommonOptions, Optimizer } from './optimizer.js';
import { nonNegative, type OptionList } from './options.js';
import type { Params } from './params.js';
import { sgd } from './rules/sgd.js';

/** The settable options of `SGD`. */
export interface SGDOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number;
}

const options: OptionList<SGDOptions> = {
  lr: nonNegative(0.01),
};

const c = sgd.coefficients;

/**
 * Stochastic gradient descent: W ← W − lr·g.
 *
 * No state. Good for convex problems and as the baseline to beat; with a well-tuned learning rate and schedule it often
 * generalises best.
 *
 * @example
 * const sgd = new SGD({ w, b }, { lr: 0.1 });
 * sgd.step({ w: gradW, b: gradB });
 */
export class SGD<P extends Params<P>> extends Optimizer<P, SGDOptions, never> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: SGDOptions & CommonOptions = {}) {
    super(sgd, options, params, given);
  }

  /** @internal */
  protected override coefficients(row: Float64Array, at: number, { lr }: Required<SGDOptions>): void {
    row[at + c.lr] = lr;
  }
}
