// Types for code that takes any optimizer, or any class of optimizers.

import type { CommonOptions, Optimizer } from './optimizer.js';
import type { Params } from './params.js';

/**
 * Any optimizer, whatever its class and params: `function train(optimizer: AnyOptimizer)`. `Optimizer<typeof params>` is one of
 * any class over these params.
 */
export type AnyOptimizer = Optimizer;

/**
 * Any class of optimizers. Its options are those that all classes share; name more, such as `OptimizerClass<{ lr?: Schedule }>`,
 * to leave out the classes that do not take them.
 *
 * @example
 * const Class: OptimizerClass = isLarge ? AdamW : SGD;
 * const optimizer = new Class({ w }, { lr: 1e-3 });
 */
export type OptimizerClass<O extends object = { lr?: number; weightDecay?: number }> = new <P extends Params<P>>(
  params: P,
  options?: O & CommonOptions,
) => Optimizer<P>;
