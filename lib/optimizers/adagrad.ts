import { type Definition, dialects, writeDecay } from '../definition.js';
import { type CommonOptions, Optimizer } from '../optimizer.js';
import { choice, fixed, flag, nonNegative, scheduled } from '../options.js';
import type { Params } from '../params.js';
import * as rules from '../rules/adagrad.js';
import type { Schedule } from '../schedule.js';

/** The options of `Adagrad`. */
export interface AdagradOptions {
  /** Learning rate, >= 0. Default 0.01 (keras: 0.001). */
  lr?: number | Schedule;
  /** Step t uses lr / (1 + (t − 1)·lrDecay); >= 0. Default 0. */
  lrDecay?: number;
  /** Keeps the division finite; > 0 in the type of the params, or >= 0 with an `initialAccumulator` > 0. Default 1e-8 (torch: 1e-10; keras, optax, tfjs: 1e-7). */
  eps?: number;
  /** Where eps stands: √h + eps or √(h + eps). Default 'outside' (keras, optax, tfjs: 'inside'). */
  epsPlace?: 'outside' | 'inside';
  /** What the sum of squares starts with; >= 0. Default 0 (keras, optax, tfjs: 0.1). Fixed. */
  initialAccumulator?: number;
  /** L2 penalty, >= 0: weightDecay·W is added to g (keras: W shrinks by lr·weightDecay·W instead). Default 0. */
  weightDecay?: number | Schedule;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
  /** Default 'lockstep', which is PyTorch's form with the article's eps. Fixed. */
  dialect?: 'lockstep' | 'torch' | 'keras' | 'optax' | 'tfjs';
}

const c = rules.Adagrad.coefficients;

const inside = { eps: 1e-7, epsPlace: 'inside', initialAccumulator: 0.1 } as const;

const definition: Definition<AdagradOptions> = {
  options: {
    lr: scheduled(nonNegative(0.01)),
    lrDecay: nonNegative(0),
    eps: nonNegative(1e-8),
    epsPlace: choice('outside', 'outside', 'inside'),
    initialAccumulator: fixed(nonNegative(0)),
    weightDecay: scheduled(nonNegative(0)),
    maximize: flag(false),
    dialect: dialects('torch', 'keras', 'optax', 'tfjs'),
  },
  defaults: { torch: { eps: 1e-10 }, keras: { ...inside, lr: 0.001 }, optax: inside, tfjs: inside },

  squares: true,

  // The accumulator only grows.
  dividesByEps: ({ initialAccumulator }, round) => round(initialAccumulator) === 0,

  rule: () => rules.Adagrad,

  initial: ({ initialAccumulator }) => ({ sum: initialAccumulator }),

  coefficients(row, at, options, t) {
    const { lr, lrDecay, eps, epsPlace, dialect } = options;
    writeDecay(row, at, options, dialect === 'keras' ? 'decoupled' : 'l2');
    row[at + c.lr] = lr / (1 + (t - 1) * lrDecay);
    row[at + c.epsInside] = epsPlace === 'inside' ? eps : 0;
    row[at + c.eps] = epsPlace === 'outside' ? eps : 0;
  },

  settlesAt: ({ lrDecay }) => (lrDecay === 0 ? 1 : Infinity),
};

/**
 * AdaGrad: each element has a learning rate of its own, which falls with the squares of its gradients.
 *
 * ```text
 * η ← lr / (1 + (t − 1)·lrDecay)         once a step, in f64
 * g ← ±g + weightDecay·W                 − with maximize
 * h ← h + g²
 * W ← W − η·g / (√h + eps)               epsPlace 'inside': W ← W − η·g / √(h + eps)
 * ```
 *
 * t is the parameter's own count of steps.
 *
 * @example
 * const adagrad = new Adagrad({ table }, { lr: 0.05 });
 * adagrad.step({ table: grad });
 *
 * @when Sparse features and embeddings, where rare elements should move far when they do move; convex problems. Step
 * lengths only ever fall, which stops a deep network too early: take `RMSprop` or `Adam` there.
 *
 * @state An array of the parameter's type and length:
 * - `sum`: h, which starts with `initialAccumulator`.
 *
 * @dialects Compared with the formula:
 * - 'torch': the same, with eps 1e-10.
 * - 'keras', 'optax' and 'tfjs': eps is inside the root, 1e-7, and h starts with 0.1.
 * - 'keras': lr 0.001, and W shrinks by lr·weightDecay·W instead of weightDecay·W being added to g.
 *
 * @source Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (JMLR
 * 2011); `torch.optim.Adagrad`, `keras.optimizers.Adagrad`, `optax.adagrad`, `tf.train.adagrad`.
 */
export class Adagrad<P extends Params<P>> extends Optimizer<P, AdagradOptions, 'sum'> {
  constructor(params: P, given: AdagradOptions & CommonOptions = {}) {
    super(definition, params, given);
  }
}
