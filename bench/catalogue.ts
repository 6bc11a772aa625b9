// Every rule once: in cache against Adam, and from memory against a loop that only streams the same arrays.

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
} from 'lockstep';
import { measureInTurn, ratio, type Settings, type Spread, type Subject, spread } from '../dist/bench/measure.js';
import { fillRealistic } from '../dist/bench/subjects.js';
import { fasterStream, type Probe } from './probe.js';

type Params = readonly Float32Array[];

/** An optimizer of f32, whatever its class. */
interface F32Optimizer {
  readonly state: readonly object[];
  step(grads?: Params): unknown;
}

/** Every optimizer, and the options that choose another rule. */
export const catalogue: readonly (readonly [name: string, create: (params: Params) => F32Optimizer])[] = [
  ['SGD', (params) => new SGD(params)],
  ['SGD, momentum', (params) => new SGD(params, { momentum: 0.9 })],
  ['SGD, nesterov', (params) => new SGD(params, { momentum: 0.9, nesterov: true })],
  ['Momentum', (params) => new Momentum(params)],
  ['Momentum, nesterov', (params) => new Momentum(params, { nesterov: true })],
  ['Adagrad', (params) => new Adagrad(params)],
  ['RMSprop', (params) => new RMSprop(params)],
  ['RMSprop, momentum', (params) => new RMSprop(params, { momentum: 0.9 })],
  ['RMSprop, centered', (params) => new RMSprop(params, { centered: true })],
  ['RMSprop, centered, momentum', (params) => new RMSprop(params, { centered: true, momentum: 0.9 })],
  ['Adadelta', (params) => new Adadelta(params)],
  ['Adam', (params) => new Adam(params)],
  ['Adam, amsgrad', (params) => new Adam(params, { amsgrad: true })],
  ['Adam, cautious', (params) => new Adam(params, { cautious: true })],
  ['AdamW', (params) => new AdamW(params)],
  ['Adamax', (params) => new Adamax(params)],
  ['RAdam', (params) => new RAdam(params)],
  ['NAdam', (params) => new NAdam(params)],
  ['AdaBelief', (params) => new AdaBelief(params)],
  ['ADOPT', (params) => new ADOPT(params)],
  ['Adan', (params) => new Adan(params)],
  ['Lion', (params) => new Lion(params)],
  ['Lion, cautious', (params) => new Lion(params, { cautious: true })],
  ['Signum', (params) => new Signum(params)],
  ['FTRL', (params) => new FTRL(params)],
  ['Rprop', (params) => new Rprop(params)],
  ['ASGD', (params) => new ASGD(params)],
  ['ScheduleFreeSGD', (params) => new ScheduleFreeSGD(params)],
  ['ScheduleFreeAdamW', (params) => new ScheduleFreeAdamW(params)],
  ['LAMB', (params) => new LAMB(params)],
  ['LARS', (params) => new LARS(params)],
];

/** One rule, on the best backend. */
export interface CatalogueRow {
  readonly name: string;
  /** Arrays of the parameter's length that a step reads or writes, the gradient included. */
  readonly arrays: number;
  readonly inCacheNs: Spread;
  readonly timesAdam: Spread;
  readonly fromMemoryNs: Spread;
  /** The time of the streaming loop over that of the step; absent where there is no such loop. */
  readonly shareOfStream?: Spread;
}

export const inCacheElements = 4 * 2 ** 10;
export const fromMemoryElements = 4 * 2 ** 20;

interface Trainee extends Subject {
  readonly grad: Float32Array;
  readonly arrays: readonly Float32Array[];
}

function trainee(name: string, create: (params: Params) => F32Optimizer, elements: number): Trainee {
  const param = fillRealistic(new Float32Array(elements), 0.05, 2);
  const grad = fillRealistic(new Float32Array(elements), 0.01, 1);
  const optimizer = create([param]);
  optimizer.step([grad]);
  const state = Object.values(optimizer.state[0]).filter((value) => value instanceof Float32Array);
  return { name, step: () => void optimizer.step(), grad, arrays: [param, ...state] };
}

/**
 * @param inCache settings for the small arrays
 * @param fromMemory settings for the large ones; `null` leaves them out
 */
export function measureCatalogue(
  probe: Probe | null,
  inCache: Settings,
  fromMemory: Settings,
): readonly CatalogueRow[] {
  const adam = trainee('Adam', (params) => new Adam(params), inCacheElements);
  return catalogue.map(([name, create]) => {
    const [small, reference] = measureInTurn([trainee(name, create, inCacheElements), adam], inCache);
    globalThis.gc?.();
    const large = trainee(name, create, fromMemoryElements);
    const [param, ...state] = large.arrays;
    const limits = probe?.limits?.(large.grad, param, ...state);
    const stream = limits && fasterStream(limits);
    const subjects = stream === undefined ? [large] : [large, { name: 'stream', step: stream }];
    const [step, limit] = measureInTurn(subjects, fromMemory);
    return {
      name,
      arrays: 1 + large.arrays.length,
      inCacheNs: spread(small.map((ns) => ns / inCacheElements)),
      timesAdam: ratio(small, reference),
      fromMemoryNs: spread(step.map((ns) => ns / fromMemoryElements)),
      ...(limit !== undefined && { shareOfStream: ratio(limit, step) }),
    };
  });
}
