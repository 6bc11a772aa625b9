// The one table of optimizers under test. Every generic test walks it: parity, oracle, errors, names of rules.

import { Adagrad, Adam, type FloatArray, Momentum, SGD, type StepReport } from 'lockstep';
import { adagrad } from '../lib/rules/adagrad.js';
import { adam } from '../lib/rules/adam.js';
import { momentum } from '../lib/rules/momentum.js';
import type { Rule } from '../lib/rules/rule.js';
import { sgd } from '../lib/rules/sgd.js';

/** An optimizer as the generic tests see it: whatever its class, over a list of arrays. */
export interface AnyOptimizer {
  readonly backend: string;
  readonly groups: readonly object[];
  readonly state: readonly Readonly<Record<string, unknown>>[];
  step(grads?: readonly (FloatArray | null)[]): StepReport;
  bindGrads(grads: readonly (FloatArray | null)[]): void;
  dispose(): void;
}

type Options = Readonly<Record<string, unknown>>;

/** Options, and the error that they get, to the letter. */
type Invalid = readonly [Options, typeof TypeError | typeof RangeError, message: string];

export interface OptimizerCase {
  readonly name: string;
  readonly rule: Rule;
  /** Params and options go in unchecked, so that bad ones reach the class. */
  readonly create: (params: unknown, options?: unknown) => AnyOptimizer;
  readonly defaults: Options;
  /** Options that take the rule through all that it can do. */
  readonly valid: readonly Options[];
  readonly invalid: readonly Invalid[];
}

const nonNegative = (name: string): readonly Invalid[] => {
  const message = `${name} must be a finite number >= 0, received`;
  return [
    [{ [name]: -1 }, RangeError, `${message} -1`],
    [{ [name]: Number.NaN }, RangeError, `${message} NaN`],
    [{ [name]: Infinity }, RangeError, `${message} Infinity`],
    [{ [name]: '0.1' }, TypeError, `${message} '0.1'`],
    [{ [name]: null }, TypeError, `${message} null`],
    [{ [name]: undefined }, TypeError, `${message} undefined`],
    [{ [name]: [] }, TypeError, `${message} an array`],
    [{ [name]: 1n }, TypeError, `${message} 1n`],
  ];
};

const common: readonly Invalid[] = [
  [{ threads: 0 }, RangeError, 'threads must be an integer >= 1, received 0'],
  [{ threads: 1.5 }, RangeError, 'threads must be an integer >= 1, received 1.5'],
  [{ threads: '2' }, TypeError, "threads must be an integer >= 1, received '2'"],
  [{ backend: 7 }, TypeError, 'backend must be a string, received 7'],
  [{ LR: 1 }, TypeError, "unknown option 'LR': did you mean 'lr'?"],
];

export const optimizers: readonly OptimizerCase[] = [
  {
    name: 'SGD',
    rule: sgd,
    create: (params, options) => new SGD(params as FloatArray[], options as object) as unknown as AnyOptimizer,
    defaults: { lr: 0.01 },
    valid: [{}, { lr: 0.3 }, { lr: 0 }],
    invalid: [
      ...nonNegative('lr'),
      ...common,
      [{ learningRate: 1 }, TypeError, "unknown option 'learningRate': known are lr, backend, threads"],
    ],
  },
  {
    name: 'Momentum',
    rule: momentum,
    create: (params, options) => new Momentum(params as FloatArray[], options as object) as unknown as AnyOptimizer,
    defaults: { lr: 0.01, momentum: 0.9 },
    valid: [{}, { lr: 0.3, momentum: 0.5 }, { momentum: 0 }],
    invalid: [
      ...nonNegative('lr'),
      ...common,
      [{ momentum: 1 }, RangeError, 'momentum must be a number >= 0 and < 1, received 1'],
      [{ momentum: -0.1 }, RangeError, 'momentum must be a number >= 0 and < 1, received -0.1'],
      [{ momentum: '0.9' }, TypeError, "momentum must be a number >= 0 and < 1, received '0.9'"],
      [{ momentm: 0.9 }, TypeError, "unknown option 'momentm': did you mean 'momentum'?"],
    ],
  },
  {
    name: 'Adagrad',
    rule: adagrad,
    create: (params, options) => new Adagrad(params as FloatArray[], options as object) as unknown as AnyOptimizer,
    defaults: { lr: 0.01, eps: 1e-8 },
    valid: [{}, { lr: 0.3, eps: 1e-3 }, { eps: 0 }],
    invalid: [...nonNegative('lr'), ...nonNegative('eps'), ...common],
  },
  {
    name: 'Adam',
    rule: adam,
    create: (params, options) => new Adam(params as FloatArray[], options as object) as unknown as AnyOptimizer,
    defaults: { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8 },
    valid: [{}, { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 }, { betas: [0, 0] }, { eps: 0 }],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...common,
      [{ betas: [1, 0.999] }, RangeError, 'betas[0] must be a number >= 0 and < 1, received 1'],
      [{ betas: [0.9, -1] }, RangeError, 'betas[1] must be a number >= 0 and < 1, received -1'],
      [{ betas: [0.9, Number.NaN] }, RangeError, 'betas[1] must be a number >= 0 and < 1, received NaN'],
      [{ betas: [0.9] }, TypeError, 'betas must be an array of two numbers, received an array'],
      [{ betas: 0.9 }, TypeError, 'betas must be an array of two numbers, received 0.9'],
      [{ beta: [0.9, 0.999] }, TypeError, "unknown option 'beta': did you mean 'betas'?"],
    ],
  },
];
