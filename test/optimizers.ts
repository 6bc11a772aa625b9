// The one table of optimizers under test. Every generic test walks it: parity, oracle, errors, names of rules.

import {
  ADOPT,
  AdaBelief,
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Adan,
  ASGD,
  type FloatArray,
  FTRL,
  LAMB,
  LARS,
  Lion,
  Momentum,
  NAdam,
  RAdam,
  RMSprop,
  Rprop,
  ScheduleFreeAdamW,
  ScheduleFreeSGD,
  SGD,
  Signum,
  type StepReport,
} from 'lockstep';

/** An optimizer as the generic tests see it: whatever its class, over a list of arrays. */
export interface AnyOptimizer {
  readonly backend: string;
  readonly groups: readonly object[];
  readonly state: readonly Readonly<Record<string, unknown>>[];
  step(grads?: readonly (FloatArray | null)[] | readonly (readonly (FloatArray | null)[])[]): StepReport;
  readonly averages: readonly FloatArray[];
  bindGrads(grads: readonly (FloatArray | null)[]): void;
  dispose(): void;
}

/** The names of a parameter's state arrays, in order. */
export function stateNames(state: object): readonly string[] {
  return Object.entries(state).flatMap(([name, value]) => (typeof value === 'number' ? [] : [name]));
}

type Options = Readonly<Record<string, unknown>>;

/** Options, and the error that they get, to the letter. */
type Invalid = readonly [Options, typeof TypeError | typeof RangeError, message: string | RegExp];

export interface OptimizerCase {
  readonly name: string;
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
    [{ [name]: [] }, TypeError, `${message} an array`],
    [{ [name]: 1n }, TypeError, `${message} 1n`],
  ];
};

const positive = (name: string): readonly Invalid[] => {
  const message = `${name} must be a finite number > 0, received`;
  return [
    [{ [name]: 0 }, RangeError, `${message} 0`],
    [{ [name]: -1 }, RangeError, `${message} -1`],
    [{ [name]: Number.NaN }, RangeError, `${message} NaN`],
    [{ [name]: Infinity }, RangeError, `${message} Infinity`],
    [{ [name]: '0.1' }, TypeError, `${message} '0.1'`],
    [{ [name]: null }, TypeError, `${message} null`],
  ];
};

const common: readonly Invalid[] = [
  [{ threads: 0 }, RangeError, 'threads must be an integer >= 1, received 0'],
  [{ threads: 1.5 }, RangeError, 'threads must be an integer >= 1, received 1.5'],
  [{ threads: '2' }, TypeError, "threads must be an integer >= 1, received '2'"],
  [{ backend: 7 }, TypeError, 'backend must be a string, received 7'],
  [{ LR: 1 }, TypeError, "unknown option 'LR': did you mean 'lr'?"],
];

const flags = (...names: readonly string[]): readonly Invalid[] =>
  names.flatMap((name): readonly Invalid[] => [
    [{ [name]: 1 }, TypeError, `${name} must be true or false, received 1`],
    [{ [name]: 'yes' }, TypeError, `${name} must be true or false, received 'yes'`],
  ]);

const dialect = (...known: readonly string[]): readonly Invalid[] => {
  const message = `dialect must be one of ${['lockstep', ...known].map((name) => `'${name}'`).join(', ')}, received`;
  return [
    [{ dialect: 'jax' }, RangeError, `${message} 'jax'`],
    [{ dialect: 1 }, TypeError, `${message} 1`],
  ];
};

const decayModes: readonly Invalid[] = [
  [
    { weightDecayMode: 'L2' },
    RangeError,
    "weightDecayMode must be one of 'l2', 'decoupled', 'independent', received 'L2'",
  ],
  [
    { weightDecayMode: true },
    TypeError,
    "weightDecayMode must be one of 'l2', 'decoupled', 'independent', received true",
  ],
];

const betas: readonly Invalid[] = [
  [{ betas: [1, 0.999] }, RangeError, 'betas[0] must be a number >= 0 and < 1, received 1'],
  [{ betas: [0.9, -1] }, RangeError, 'betas[1] must be a number >= 0 and < 1, received -1'],
  [{ betas: [0.9, Number.NaN] }, RangeError, 'betas[1] must be a number >= 0 and < 1, received NaN'],
  [{ betas: [0.9] }, TypeError, 'betas must be an array of two numbers, received an array'],
  [{ betas: 0.9 }, TypeError, 'betas must be an array of two numbers, received 0.9'],
  [{ beta: [0.9, 0.999] }, TypeError, "unknown option 'beta': did you mean 'betas'?"],
];

/** The averages of Schedule-Free optimizers. */
const averages: readonly Invalid[] = [
  [{ warmupSteps: -1 }, RangeError, 'warmupSteps must be an integer >= 0, received -1'],
  [{ warmupSteps: 1.5 }, RangeError, 'warmupSteps must be an integer >= 0, received 1.5'],
  [{ warmupSteps: Infinity }, RangeError, 'warmupSteps must be an integer >= 0, received Infinity'],
  [{ warmupSteps: '9' }, TypeError, "warmupSteps must be an integer >= 0, received '9'"],
  ...nonNegative('r'),
  ...nonNegative('weightLrPower'),
];

/** Options that go through the prologue. */
const prologues: readonly Options[] = [
  { maximize: true },
  { weightDecay: 0.01 },
  { maximize: true, weightDecay: 0.1, lr: 0.5 },
];

/** An entry of the table. The class is any that lockstep exports. */
function optimizer(
  Class: new (params: never, options?: never) => unknown,
  rest: Omit<OptimizerCase, 'name' | 'create'>,
): OptimizerCase {
  const create = (params: unknown, options?: unknown) => new Class(params as never, options as never) as AnyOptimizer;
  return { name: Class.name, create, ...rest };
}

export const optimizers: readonly OptimizerCase[] = [
  optimizer(SGD, {
    defaults: {
      lr: 0.01,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3 },
      { lr: 0 },
      ...prologues,
      { momentum: 0.9 },
      { momentum: 0.5, dampening: 0.25, weightDecay: 0.01 },
      { momentum: 0.9, nesterov: true },
      { momentum: 0.9, dialect: 'keras' },
      { momentum: 0.9, nesterov: true, dialect: 'keras', weightDecay: 0.01 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('nesterov', 'maximize'),
      ...dialect('torch', 'keras', 'optax', 'tfjs'),
      [{ momentum: 1 }, RangeError, 'momentum must be a number >= 0 and < 1, received 1'],
      [{ dampening: 1.5 }, RangeError, 'dampening must be a number >= 0 and <= 1, received 1.5'],
      [{ nesterov: true }, RangeError, 'nesterov needs momentum > 0 and dampening 0, received momentum 0, dampening 0'],
      [
        { dialect: 'tfjs', dampening: 0.5 },
        RangeError,
        "dampening must be 0 in dialect 'tfjs', which has none, received 0.5",
      ],
    ],
  }),
  optimizer(Momentum, {
    defaults: { lr: 0.01, momentum: 0.9, nesterov: false, weightDecay: 0, maximize: false },
    valid: [{}, { lr: 0.3, momentum: 0.5 }, { momentum: 0 }, { nesterov: true }, ...prologues],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('nesterov', 'maximize'),
      [{ momentum: 1 }, RangeError, 'momentum must be a number >= 0 and < 1, received 1'],
      [{ momentum: -0.1 }, RangeError, 'momentum must be a number >= 0 and < 1, received -0.1'],
      [{ momentum: '0.9' }, TypeError, "momentum must be a number >= 0 and < 1, received '0.9'"],
      [{ momentm: 0.9 }, TypeError, "unknown option 'momentm': did you mean 'momentum'?"],
    ],
  }),
  optimizer(Adagrad, {
    defaults: {
      lr: 0.01,
      lrDecay: 0,
      eps: 1e-8,
      epsPlace: 'outside',
      initialAccumulator: 0,
      weightDecay: 0,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, eps: 1e-3 },
      { eps: 0, initialAccumulator: 0.1 },
      { lrDecay: 0.1, initialAccumulator: 0.5 },
      { epsPlace: 'inside' },
      { dialect: 'keras', weightDecay: 0.01 },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('lrDecay'),
      ...nonNegative('eps'),
      ...nonNegative('initialAccumulator'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...dialect('torch', 'keras', 'optax', 'tfjs'),
      [{ epsPlace: 'in' }, RangeError, "epsPlace must be one of 'outside', 'inside', received 'in'"],
      [{ learningRate: 1 }, TypeError, "unknown option 'learningRate': did you mean 'lr'?"],
    ],
  }),
  optimizer(Adam, {
    defaults: {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      weightDecayMode: 'l2',
      cautious: false,
      amsgrad: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0, 0] },
      { eps: 1e-45 },
      { dialect: 'keras' },
      { amsgrad: true },
      { amsgrad: true, dialect: 'optax', weightDecay: 0.01 },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
      { cautious: true, amsgrad: true, maximize: true },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'amsgrad', 'maximize'),
      ...dialect('torch', 'keras', 'optax', 'tfjs'),
    ],
  }),
  optimizer(AdamW, {
    defaults: {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0.01,
      weightDecayMode: 'decoupled',
      cautious: false,
      amsgrad: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { weightDecay: 0 },
      { amsgrad: true, maximize: true, lr: 0.1 },
      { dialect: 'keras' },
      { dialect: 'optax' },
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'amsgrad', 'maximize'),
      ...dialect('torch', 'keras', 'optax'),
    ],
  }),
  optimizer(Lion, {
    defaults: {
      lr: 1e-4,
      betas: [0.9, 0.99],
      weightDecay: 0,
      weightDecayMode: 'decoupled',
      cautious: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75] },
      { betas: [0, 0] },
      { dialect: 'keras', weightDecay: 0.1 },
      { dialect: 'optax' },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'maximize'),
      ...dialect('keras', 'optax'),
      [{ dialect: 'torch' }, RangeError, "dialect must be one of 'lockstep', 'keras', 'optax', received 'torch'"],
    ],
  }),
  optimizer(Signum, {
    defaults: { lr: 1e-4, momentum: 0.9, weightDecay: 0, maximize: false, dialect: 'lockstep' },
    valid: [{}, { lr: 0.3, momentum: 0.5 }, { momentum: 0 }, { dialect: 'optax' }, ...prologues],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...dialect('optax'),
      [{ momentum: 1 }, RangeError, 'momentum must be a number >= 0 and < 1, received 1'],
      [{ beta: 0.9 }, TypeError, "unknown option 'beta': did you mean 'momentum'?"],
    ],
  }),
  optimizer(AdaBelief, {
    defaults: {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-16,
      weightDecay: 0,
      weightDecayMode: 'decoupled',
      cautious: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0, 0.9], eps: 1e-8 },
      { eps: 1e-45 },
      { dialect: 'optax' },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'maximize'),
      ...dialect('optax'),
    ],
  }),
  optimizer(ADOPT, {
    defaults: {
      lr: 0.001,
      betas: [0.9, 0.9999],
      eps: 1e-6,
      clip: true,
      weightDecay: 0,
      weightDecayMode: 'l2',
      cautious: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0, 0] },
      { clip: false },
      { weightDecay: 0.1, weightDecayMode: 'decoupled', lr: 0.5 },
      { dialect: 'optax' },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'clip', 'maximize'),
      ...dialect('optax'),
    ],
  }),
  optimizer(Adan, {
    defaults: {
      lr: 0.001,
      betas: [0.98, 0.92, 0.99],
      eps: 1e-8,
      weightDecay: 0,
      noProx: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75, 0.9], eps: 1e-3 },
      { betas: [0, 0, 0] },
      { eps: 1e-45 },
      { noProx: true, weightDecay: 0.1, lr: 0.5 },
      { dialect: 'optax', weightDecay: 0.01 },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('noProx', 'maximize'),
      ...dialect('optax'),
      [{ betas: [0.98, 0.92] }, TypeError, 'betas must be an array of three numbers, received an array'],
      [{ betas: [0.98, 0.92, 1] }, RangeError, 'betas[2] must be a number >= 0 and < 1, received 1'],
    ],
  }),
  optimizer(LAMB, {
    defaults: {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-6,
      weightDecay: 0,
      trustClip: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0, 0] },
      { eps: 1e-45 },
      { trustClip: true, lr: 0.1 },
      { dialect: 'keras', weightDecay: 0.01 },
      { dialect: 'optax', weightDecay: 0.01 },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...flags('trustClip', 'maximize'),
      ...dialect('keras', 'optax'),
      [{ trustclip: true }, TypeError, "unknown option 'trustclip': did you mean 'trustClip'?"],
    ],
  }),
  optimizer(LARS, {
    defaults: {
      lr: 1,
      momentum: 0.9,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
      trustCoefficient: 0.001,
      eps: 1e-8,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, momentum: 0.5, trustCoefficient: 0.1, eps: 1e-3 },
      { momentum: 0, eps: 0 },
      { dampening: 0.25, weightDecay: 0.01 },
      { nesterov: true, weightDecay: 0.1, lr: 10 },
      { dialect: 'optax', weightDecay: 0.01 },
      { dialect: 'optax', nesterov: true, lr: 10 },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...positive('trustCoefficient'),
      ...common,
      ...flags('nesterov', 'maximize'),
      ...dialect('optax'),
      [{ momentum: 1 }, RangeError, 'momentum must be a number >= 0 and < 1, received 1'],
      [{ dampening: 1.5 }, RangeError, 'dampening must be a number >= 0 and <= 1, received 1.5'],
      [
        { nesterov: true, dampening: 0.5 },
        RangeError,
        'nesterov needs momentum > 0 and dampening 0, received momentum 0.9, dampening 0.5',
      ],
      [
        { dialect: 'optax', dampening: 0.5 },
        RangeError,
        "dampening must be 0 in dialect 'optax', which has none, received 0.5",
      ],
      [{ trustCoeff: 0.1 }, TypeError, /^unknown option 'trustCoeff': /],
    ],
  }),
  optimizer(FTRL, {
    defaults: {
      lr: 0.001,
      power: -0.5,
      l1: 0,
      l2: 0,
      beta: 0,
      initialAccumulator: 0.1,
      weightDecay: 0,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, l1: 0.5, l2: 0.01, beta: 1, initialAccumulator: 0 },
      { power: 0, lr: 0.1, l1: 0.1 },
      { power: -1, lr: 0.5, l2: 1 },
      { dialect: 'keras' },
      ...prologues,
    ],
    invalid: [
      ...positive('lr'),
      ...nonNegative('l1'),
      ...nonNegative('l2'),
      ...nonNegative('beta'),
      ...nonNegative('initialAccumulator'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...dialect('keras'),
      [{ power: 0.5 }, RangeError, 'power must be one of 0, -0.5, -1, received 0.5'],
      [{ power: '-1' }, TypeError, "power must be one of 0, -0.5, -1, received '-1'"],
    ],
  }),
  optimizer(RMSprop, {
    defaults: {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      epsPlace: 'outside',
      centered: false,
      momentum: 0,
      weightDecay: 0,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, alpha: 0.5, eps: 1e-3 },
      { eps: 1e-45 },
      { dialect: 'keras', weightDecay: 0.01 },
      { momentum: 0.9, weightDecay: 0.01 },
      { momentum: 0.5, dialect: 'tfjs' },
      { centered: true },
      { centered: true, epsPlace: 'inside', maximize: true },
      { centered: true, momentum: 0.9 },
      { centered: true, momentum: 0.9, dialect: 'optax' },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('centered', 'maximize'),
      ...dialect('torch', 'keras', 'optax', 'tfjs'),
      [{ alpha: 1 }, RangeError, 'alpha must be a number >= 0 and < 1, received 1'],
      [{ alpha: '0.9' }, TypeError, "alpha must be a number >= 0 and < 1, received '0.9'"],
      [{ momentum: 1 }, RangeError, 'momentum must be a number >= 0 and < 1, received 1'],
      [{ epsPlace: 'in' }, RangeError, "epsPlace must be one of 'outside', 'inside', received 'in'"],
      [{ center: true }, TypeError, "unknown option 'center': did you mean 'centered'?"],
    ],
  }),
  optimizer(Adadelta, {
    defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false, dialect: 'lockstep' },
    valid: [
      {},
      { lr: 0.3, rho: 0.5, eps: 1e-3 },
      { rho: 0 },
      { dialect: 'keras', weightDecay: 0.01 },
      { dialect: 'tfjs' },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...dialect('torch', 'keras', 'optax', 'tfjs'),
      [{ rho: 1 }, RangeError, 'rho must be a number >= 0 and < 1, received 1'],
      [{ rho: '0.9' }, TypeError, "rho must be a number >= 0 and < 1, received '0.9'"],
      [{ roh: 0.9 }, TypeError, "unknown option 'roh': did you mean 'rho'?"],
    ],
  }),
  optimizer(Adamax, {
    defaults: {
      lr: 0.002,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      weightDecayMode: 'l2',
      cautious: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0, 0] },
      { eps: 1e-45 },
      { dialect: 'keras', weightDecay: 0.01 },
      { dialect: 'tfjs' },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'maximize'),
      ...dialect('torch', 'keras', 'optax', 'tfjs'),
    ],
  }),
  optimizer(RAdam, {
    defaults: {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      weightDecayMode: 'l2',
      cautious: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.9], eps: 1e-3 },
      { betas: [0, 0] },
      { eps: 1e-45 },
      { weightDecayMode: 'decoupled', weightDecay: 0.01 },
      { dialect: 'optax' },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'maximize'),
      ...dialect('torch', 'optax'),
      [{ dialect: 'keras' }, RangeError, "dialect must be one of 'lockstep', 'torch', 'optax', received 'keras'"],
    ],
  }),
  optimizer(NAdam, {
    defaults: {
      lr: 0.002,
      betas: [0.9, 0.999],
      eps: 1e-8,
      momentumDecay: 0.004,
      weightDecay: 0,
      weightDecayMode: 'l2',
      cautious: false,
      maximize: false,
      dialect: 'lockstep',
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0, 0] },
      { eps: 1e-45, momentumDecay: 0 },
      { momentumDecay: 0.3 },
      { dialect: 'keras', weightDecay: 0.01 },
      { dialect: 'optax' },
      ...prologues,
      { cautious: true, weightDecay: 0.01 },
      { weightDecay: 0.01, weightDecayMode: 'independent', lr: 0.5 },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('momentumDecay'),
      ...nonNegative('weightDecay'),
      ...common,
      ...betas,
      ...decayModes,
      ...flags('cautious', 'maximize'),
      ...dialect('torch', 'keras', 'optax'),
      [
        { dialect: 'optax', momentumDecay: 0.004 },
        RangeError,
        "momentumDecay must be 0 in dialect 'optax', which has none, received 0.004",
      ],
    ],
  }),
  optimizer(Rprop, {
    defaults: { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false, dialect: 'lockstep' },
    valid: [
      {},
      { lr: 0.3, etas: [0.3, 1.7] },
      { lr: 0.1, stepSizes: [0.05, 0.2] },
      { lr: 0.3, stepSizes: [0.1, 0.1] },
      { maximize: true, dialect: 'torch' },
    ],
    invalid: [
      ...nonNegative('lr'),
      ...common,
      ...flags('maximize'),
      ...dialect('torch'),
      [{ etas: [0, 1.2] }, RangeError, 'etas[0] must be a number > 0 and < 1, received 0'],
      [{ etas: [1, 1.2] }, RangeError, 'etas[0] must be a number > 0 and < 1, received 1'],
      [{ etas: [0.5, 1] }, RangeError, 'etas[1] must be a finite number > 1, received 1'],
      [{ etas: [0.5, Infinity] }, RangeError, 'etas[1] must be a finite number > 1, received Infinity'],
      [{ etas: [0.5, '1.2'] }, TypeError, "etas[1] must be a finite number > 1, received '1.2'"],
      [{ etas: 0.5 }, TypeError, 'etas must be an array of two numbers, received 0.5'],
      [{ stepSizes: [0, 50] }, RangeError, 'stepSizes[0] must be a finite number > 0, received 0'],
      [{ stepSizes: [1] }, TypeError, 'stepSizes must be an array of two numbers, received an array'],
      [{ stepSizes: [2, 1] }, RangeError, 'stepSizes[0] must be at most stepSizes[1], received 2, 1'],
      [{ weightDecay: 0.1 }, TypeError, /^unknown option 'weightDecay': known are lr, etas, stepSizes, /],
    ],
  }),
  optimizer(ASGD, {
    defaults: { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false, dialect: 'lockstep' },
    valid: [
      {},
      { lr: 0.3, lambd: 0.1, alpha: 0.6 },
      { t0: 5 },
      { t0: 0, lambd: 0, weightDecay: 0.01 },
      { alpha: 0, lambd: 0.5, dialect: 'torch' },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('lambd'),
      ...nonNegative('alpha'),
      ...nonNegative('t0'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...dialect('torch'),
      [{ lambda: 0.1 }, TypeError, "unknown option 'lambda': did you mean 'lambd'?"],
    ],
  }),
  optimizer(ScheduleFreeSGD, {
    defaults: { lr: 1, momentum: 0.9, weightDecay: 0, warmupSteps: 0, r: 0, weightLrPower: 2, maximize: false },
    valid: [
      {},
      { lr: 0.3, momentum: 0.5 },
      { lr: 0 },
      { warmupSteps: 5, r: 0.7, weightLrPower: 1.3 },
      { warmupSteps: 60, weightLrPower: 0, momentum: 0.95 },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...averages,
      [{ momentum: 0 }, RangeError, 'momentum must be a number > 0 and < 1, received 0'],
      [{ momentum: 1 }, RangeError, 'momentum must be a number > 0 and < 1, received 1'],
      [{ momentum: '0.9' }, TypeError, "momentum must be a number > 0 and < 1, received '0.9'"],
      [{ warmUpStep: 9 }, TypeError, "unknown option 'warmUpStep': did you mean 'warmupSteps'?"],
    ],
  }),
  optimizer(ScheduleFreeAdamW, {
    defaults: {
      lr: 0.0025,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      warmupSteps: 0,
      r: 0,
      weightLrPower: 2,
      maximize: false,
    },
    valid: [
      {},
      { lr: 0.3, betas: [0.5, 0.75], eps: 1e-3 },
      { betas: [0.95, 0] },
      { eps: 1e-45 },
      { warmupSteps: 5, r: 0.7, weightLrPower: 1.3 },
      { warmupSteps: 60, weightLrPower: 0, weightDecay: 0.01 },
      ...prologues,
    ],
    invalid: [
      ...nonNegative('lr'),
      ...nonNegative('eps'),
      ...nonNegative('weightDecay'),
      ...common,
      ...flags('maximize'),
      ...averages,
      [{ betas: [0, 0.999] }, RangeError, 'betas[0] must be a number > 0 and < 1, received 0'],
      [{ betas: [1, 0.999] }, RangeError, 'betas[0] must be a number > 0 and < 1, received 1'],
      [{ betas: [0.9, 1] }, RangeError, 'betas[1] must be a number >= 0 and < 1, received 1'],
      [{ betas: [0.9] }, TypeError, 'betas must be an array of two numbers, received an array'],
      [{ beta: [0.9, 0.999] }, TypeError, "unknown option 'beta': did you mean 'betas'?"],
    ],
  }),
];
