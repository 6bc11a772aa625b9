import { type CommonOptions, Optimizer } from './optimizer.js';
import { nonNegative, type OptionList } from './options.js';
import type { Params } from './params.js';
import { adagrad } from './rules/adagrad.js';

/** The settable options of `Adagrad`. */
export interface AdagradOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number;
  /** Added to the root, outside of it; >= 0. Default 1e-8. */
  eps?: number;
}

const options: OptionList<AdagradOptions> = {
  lr: nonNegative(0.01),
  eps: nonNegative(1e-8),
};

const c = adagrad.coefficients;

/**
 * AdaGrad: h ← h + g²; W ← W − lr·g / (√h + eps).
 *
 * Each element has a learning rate of its own, which only falls: good for sparse features and embeddings, where rare
 * elements should move far when they do move. State: `sum`, the sum of squared gradients.
 *
 * Source: Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"
 * (JMLR 2011). The same as PyTorch's `Adagrad` with its `eps`, whose default there is 1e-10.
 *
 * @example
 * const adagrad = new Adagrad({ table }, { lr: 0.05 });
 * adagrad.step({ table: grad });
 */
export class Adagrad<P extends Params<P>> extends Optimizer<P, AdagradOptions, 'sum'> {
  /**
   * @param params an array or a record of `Float32Array | Float64Array`, updated in place and never copied
   * @throws TypeError or RangeError with a `code`: `ERR_INVALID_PARAMS`, `ERR_DTYPE`, `ERR_DETACHED`, `ERR_OVERLAP`,
   *   `ERR_INVALID_OPTION` or `ERR_BACKEND`
   */
  constructor(params: P, given: AdagradOptions & CommonOptions = {}) {
    super(adagrad, options, params, given);
  }

  /** @internal */
  protected override coefficients(row: Float64Array, at: number, { lr, eps }: Required<AdagradOptions>): void {
    row[at + c.lr] = lr;
    row[at + c.eps] = eps;
  }
}
