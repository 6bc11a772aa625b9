// What is compared: each optimizer on each backend, and the two loops, each on arrays of its own with the same values.

import type { FloatArray } from '../arrays.js';
import { Adagrad, Adam, AdamW, type BackendName, type CommonOptions, Momentum, SGD } from '../index.js';
import { hoisted, type Loop, naive, type Scalars } from './loops.js';
import { freshCopy, type Subject } from './measure.js';

export type OptimizerName = keyof typeof naive;
export type Dtype = 'f32' | 'f64';
/** A plain JavaScript loop: see loops.ts. */
export type LoopKind = 'naive' | 'hoisted';
export type Kind = 'native' | 'typescript' | 'loop' | 'limit';

export interface Case {
  readonly optimizer: OptimizerName;
  readonly dtype: Dtype;
}

/** A subject with the arrays that it works on: the parameter, then its state in the rule's order. */
export interface Trainee extends Subject {
  readonly kind: Kind;
  readonly arrays: readonly FloatArray[];
  /** Where there is only one, and no one writes it. */
  readonly grad?: FloatArray;
}

export const cases: readonly Case[] = [
  { optimizer: 'SGD', dtype: 'f32' },
  { optimizer: 'Momentum', dtype: 'f32' },
  { optimizer: 'Adagrad', dtype: 'f32' },
  { optimizer: 'Adam', dtype: 'f32' },
  { optimizer: 'AdamW', dtype: 'f32' },
  { optimizer: 'Adam', dtype: 'f64' },
];

/** An optimizer over a list of arrays, whatever its class. */
export interface ListOptimizer {
  readonly state: readonly Readonly<Record<string, unknown>>[];
  bindGrads(grads: readonly FloatArray[]): void;
  step(grads?: readonly FloatArray[]): unknown;
}

/** The options that say where an optimizer runs. */
type On = Pick<CommonOptions, 'backend' | 'threads'>;

interface Choice {
  readonly scalars: Scalars;
  readonly state: readonly string[];
  readonly create: (params: readonly FloatArray[], scalars: Scalars, on: On) => ListOptimizer;
}

const common: Scalars = { lr: 0.01, momentum: 0.9, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };

const choices: Readonly<Record<OptimizerName, Choice>> = {
  SGD: {
    scalars: common,
    state: [],
    create: (params, { lr }, on) => new SGD(params, { lr, ...on }),
  },
  Momentum: {
    scalars: common,
    state: ['velocity'],
    create: (params, { lr, momentum }, on) => new Momentum(params, { lr, momentum, ...on }),
  },
  Adagrad: {
    scalars: common,
    state: ['sum'],
    create: (params, { lr, eps }, on) => new Adagrad(params, { lr, eps, ...on }),
  },
  Adam: {
    scalars: { ...common, lr: 0.001 },
    state: ['expAvg', 'expAvgSq'],
    create: (params, { lr, beta1, beta2, eps }, on) => new Adam(params, { lr, betas: [beta1, beta2], eps, ...on }),
  },
  AdamW: {
    scalars: { ...common, lr: 0.001, weightDecay: 0.01 },
    state: ['expAvg', 'expAvgSq'],
    create: (params, { lr, beta1, beta2, eps, weightDecay }, on) =>
      new AdamW(params, { lr, betas: [beta1, beta2], eps, weightDecay, ...on }),
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

/** One way to run an optimizer. */
export interface Run {
  readonly backend: BackendName;
  /** As many as the work is worth where it is not said. */
  readonly threads?: number;
}

/** How many bytes one subject of the case takes; all share another `elements` of gradients and of first values. */
export function bytesPerSubject({ optimizer, dtype }: Case, elements: number): number {
  return elements * bytesPerElement(dtype) * (1 + choices[optimizer].state.length);
}

/** What a step must read and write for each element: the gradient read; the parameter and its state read and written. */
export function bytesPerStep({ optimizer, dtype }: Case): number {
  return bytesPerElement(dtype) * (1 + 2 * (1 + choices[optimizer].state.length));
}

export function bytesPerElement(dtype: Dtype): number {
  return dtype === 'f32' ? 4 : 8;
}

export function createOptimizer(
  name: OptimizerName,
  params: readonly FloatArray[],
  on: BackendName,
  threads?: number,
): ListOptimizer {
  const { create, scalars } = choices[name];
  return create(params, scalars, { backend: on, ...(threads !== undefined && { threads }) });
}

/** One of the two loops as a subject of its own, compiled apart from all others. */
export function loopTrainee(kind: LoopKind, name: OptimizerName, param: FloatArray, grad: FloatArray): Trainee {
  const { scalars, state: names } = choices[name];
  const state = names.map(() => newArray(param instanceof Float32Array ? 'f32' : 'f64', param.length));
  const loop = freshCopy<Loop>((kind === 'naive' ? naive : hoisted)[name]);
  let t = 0;
  const step = () => loop(param, grad, state, scalars, ++t);
  return { name: `${kind} loop`, kind: 'loop', step, arrays: [param, ...state] };
}

/** The name of a run among the subjects: its backend, and its threads where they were said and are several. */
export function runName({ backend, threads = 1 }: Run): string {
  return threads === 1 ? backend : `${backend}, ${threads} threads`;
}

/** The optimizer of one case in each of the runs, then the loops. All share the gradient, which no one writes. */
export function trainees(
  { optimizer: name, dtype }: Case,
  elements: number,
  runs: readonly Run[],
  loopKinds: readonly LoopKind[] = ['naive', 'hoisted'],
): readonly Trainee[] {
  const grad = fillRealistic(newArray(dtype, elements), 0.01, 1);
  const initial = fillRealistic(newArray(dtype, elements), 0.05, 2);
  const newParam = () => {
    const param = newArray(dtype, elements);
    param.set(initial);
    return param;
  };

  const optimizers = runs.map((run): Trainee => {
    const param = newParam();
    const optimizer = createOptimizer(name, [param], run.backend, run.threads);
    const state = choices[name].state.map((key) => optimizer.state[0][key] as FloatArray);
    optimizer.step([grad]);
    const kind = run.backend === 'typescript' ? 'typescript' : 'native';
    return { name: runName(run), kind, step: () => void optimizer.step(), arrays: [param, ...state], grad };
  });
  const loops = loopKinds.map((kind) => loopTrainee(kind, name, newParam(), grad));
  for (const { step } of loops) step(); // as far as the optimizers are
  return [...optimizers, ...loops];
}
