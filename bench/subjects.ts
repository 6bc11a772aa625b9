// What is compared: each optimizer on each backend, and the two loops, each on arrays of its own with the same values.

import { Adagrad, Adam, type BackendName, backend, type FloatArray, Momentum, SGD } from 'lockstep';
import { hoisted, type Loop, naive, type Scalars } from './loops.js';
import { freshCopy, type Subject } from './measure.js';
import { fasterStream, type Probe } from './probe.js';

export type OptimizerName = keyof typeof naive;
export type Dtype = 'f32' | 'f64';
export type Kind = 'native' | 'typescript' | 'loop' | 'limit';

export interface Case {
  readonly optimizer: OptimizerName;
  readonly dtype: Dtype;
}

/** A subject with the arrays that it works on: the parameter, then its state in the rule's order. */
export interface Trainee extends Subject {
  readonly kind: Kind;
  readonly arrays: readonly FloatArray[];
}

export const cases: readonly Case[] = [
  { optimizer: 'SGD', dtype: 'f32' },
  { optimizer: 'Momentum', dtype: 'f32' },
  { optimizer: 'Adagrad', dtype: 'f32' },
  { optimizer: 'Adam', dtype: 'f32' },
  { optimizer: 'Adam', dtype: 'f64' },
];

/** An optimizer over a list of arrays, whatever its class. */
export interface ListOptimizer {
  readonly state: readonly Readonly<Record<string, unknown>>[];
  bindGrads(grads: readonly FloatArray[]): void;
  step(grads?: readonly FloatArray[]): unknown;
}

interface Choice {
  readonly scalars: Scalars;
  readonly state: readonly string[];
  readonly create: (params: readonly FloatArray[], scalars: Scalars, backend: BackendName) => ListOptimizer;
}

const common: Scalars = { lr: 0.01, momentum: 0.9, beta1: 0.9, beta2: 0.999, eps: 1e-8 };

const choices: Readonly<Record<OptimizerName, Choice>> = {
  SGD: {
    scalars: common,
    state: [],
    create: (params, { lr }, backend) => new SGD(params, { lr, backend }),
  },
  Momentum: {
    scalars: common,
    state: ['velocity'],
    create: (params, { lr, momentum }, backend) => new Momentum(params, { lr, momentum, backend }),
  },
  Adagrad: {
    scalars: common,
    state: ['sum'],
    create: (params, { lr, eps }, backend) => new Adagrad(params, { lr, eps, backend }),
  },
  Adam: {
    scalars: { ...common, lr: 0.001 },
    state: ['expAvg', 'expAvgSq'],
    create: (params, { lr, beta1, beta2, eps }, backend) =>
      new Adam(params, { lr, betas: [beta1, beta2], eps, backend }),
  },
};

export function scalarsOf(name: OptimizerName): Scalars {
  return choices[name].scalars;
}

export function newArray(dtype: Dtype, length: number): FloatArray {
  return dtype === 'f32' ? new Float32Array(length) : new Float64Array(length);
}

/**
 * Fills with values spread around zero like weights or gradients of a network, from a fixed seed (xorshift32).
 *
 * None is so small that its square would be subnormal, none is infinite or NaN: those take CPUs many times longer, and
 * would make the benchmark one of them.
 */
export function fillRealistic<A extends FloatArray>(array: A, scale: number, seed: number): A {
  let x = seed;
  const uniform = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x / 2 ** 31; // in [-1, 1), never 0
  };
  for (let i = 0; i < array.length; i++) array[i] = scale * (uniform() + uniform() + uniform());
  return array;
}

/** How many bytes the subjects of one case take together. */
export function bytesFor({ optimizer, dtype }: Case, elements: number, probe: Probe | null): number {
  const perSubject = 1 + choices[optimizer].state.length;
  const subjects = backend().available.length + 2 + (hasLimits({ optimizer, dtype }, probe) ? 1 : 0);
  return elements * (dtype === 'f32' ? 4 : 8) * (1 + 1 + subjects * perSubject);
}

export function createOptimizer(name: OptimizerName, params: readonly FloatArray[], on: BackendName): ListOptimizer {
  const { create, scalars } = choices[name];
  return create(params, scalars, on);
}

/** One of the two loops as a subject of its own, compiled apart from all others. */
export function loopTrainee(
  kind: 'naive' | 'hoisted',
  name: OptimizerName,
  param: FloatArray,
  grad: FloatArray,
): Trainee {
  const { scalars, state: names } = choices[name];
  const state = names.map(() => newArray(param instanceof Float32Array ? 'f32' : 'f64', param.length));
  const loop = freshCopy<Loop>((kind === 'naive' ? naive : hoisted)[name]);
  let t = 0;
  const step = () => loop(param, grad, state, scalars, ++t);
  return { name: `${kind} loop`, kind: 'loop', step, arrays: [param, ...state] };
}

function hasLimits({ optimizer, dtype }: Case, probe: Probe | null): boolean {
  return optimizer === 'Adam' && dtype === 'f32' && probe?.limits !== undefined;
}

/** All subjects of one case and size. They share the gradient, which no one writes. */
export function trainees(which: Case, elements: number, probe: Probe | null): readonly Trainee[] {
  const { optimizer: name, dtype } = which;
  const grad = fillRealistic(newArray(dtype, elements), 0.01, 1);
  const initial = fillRealistic(newArray(dtype, elements), 0.05, 2);
  const newParam = () => {
    const param = newArray(dtype, elements);
    param.set(initial);
    return param;
  };

  const optimizers = backend().available.map((on): Trainee => {
    const param = newParam();
    const optimizer = createOptimizer(name, [param], on);
    const state = choices[name].state.map((key) => optimizer.state[0][key] as FloatArray);
    optimizer.step([grad]);
    const kind = on === 'typescript' ? 'typescript' : 'native';
    return { name: on, kind, step: () => void optimizer.step(), arrays: [param, ...state] };
  });
  const loops = (['naive', 'hoisted'] as const).map((kind) => loopTrainee(kind, name, newParam(), grad));
  for (const { step } of loops) step(); // as far as the optimizers are
  return [...optimizers, ...loops, ...(hasLimits(which, probe) ? limitTrainees(elements, probe) : [])];
}

function limitTrainees(elements: number, probe: Probe | null): readonly Trainee[] {
  if (probe?.limits === undefined) return [];
  const [grad, ...arrays] = [0, 1, 2, 3].map((seed) => fillRealistic(new Float32Array(elements), 0.01, 1 + seed));
  const [param, expAvg, expAvgSq] = arrays;
  for (let i = 0; i < elements; i++) expAvgSq[i] *= expAvgSq[i];
  const loops = probe.limits(grad, param, expAvg, expAvgSq);
  const { divRoot } = loops;
  if (divRoot === undefined) throw new Error('the probe has no loop with a division and a root for three arrays');
  // The loops have only the address of what they work on.
  const holding = (step: () => void) => ({ step, held: [grad, ...arrays] });
  return [
    { name: 'limit: memory', kind: 'limit', ...holding(fasterStream(loops)), arrays },
    { name: 'limit: ÷ and √', kind: 'limit', ...holding(divRoot), arrays },
  ];
}
