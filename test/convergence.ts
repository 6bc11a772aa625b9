// Two problems with known minima, and how near each optimizer comes to them: with which options, and to which loss. No
// libm, not even `**`: the runs, and the chart that shows them, are the same on every platform.

import type { FloatArray } from 'lockstep';
import type { AnyOptimizer, OptimizerCase } from './optimizers.js';
import { Random } from './random.js';

export interface Problem {
  readonly steps: number;
  start(): FloatArray;
  loss(w: FloatArray): number;
  /** A function that writes the gradient at `w`; noise is drawn anew at each call, the same in each run. */
  gradient(): (w: FloatArray, grad: FloatArray) => void;
}

/** (1 − x)² + 100(y − x²)² in f64: a curved valley, steep across and nearly flat along, whose lowest point is (1, 1). */
export const rosenbrock: Problem = {
  steps: 2000,
  start: () => new Float64Array([-1.5, 2]),
  loss: ([x, y]) => square(1 - x) + 100 * square(y - x * x),
  gradient: () => (w, grad) => {
    const [x, y] = w;
    grad[0] = -2 * (1 - x) - 400 * x * (y - x * x);
    grad[1] = 200 * (y - x * x);
  },
};

const elements = 1000;
const noise = 0.1;
const curvatures = Float64Array.from({ length: elements }, (_, i) => 0.01 + 0.99 * square(i / (elements - 1)));
const minimum = uniform(1);

/** ½ Σ a(w − w*)² in f32: curvatures a from 0.01 to 1, and gradients with noise, of a standard deviation of 0.1. */
export const noisyQuadratic: Problem = {
  steps: 500,
  start: () => uniform(2),
  loss: (w) => curvatures.reduce((sum, a, i) => sum + 0.5 * a * square(w[i] - minimum[i]), 0),
  gradient() {
    const random = new Random(3);
    // the sum of three has a variance of 1, and nearly the shape of a normal distribution
    const normal = () => random.unit() + random.unit() + random.unit();
    return (w, grad) => {
      for (let i = 0; i < elements; i++) grad[i] = curvatures[i] * (w[i] - minimum[i]) + noise * normal();
    };
  },
};

function uniform(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: elements }, () => random.unit());
}

function square(x: number): number {
  return x * x;
}

/** What an optimizer has to reach on a problem, and with which options. */
export interface Goal {
  /** The loss after the last step is at most this. */
  readonly loss: number;
  readonly options: Readonly<{ lr: number }> & Readonly<Record<string, unknown>>;
  /** Falling: lr goes down linearly to 0. Steps that keep their length, as those of signs, cannot settle without. */
  readonly schedule: 'constant' | 'falling';
}

type Row = readonly [rosenbrock: Goal, noisyQuadratic: Goal];

const reaches = (loss: number, options: Goal['options']): Goal => ({ loss, options, schedule: 'constant' });
const settles = (loss: number, options: Goal['options']): Goal => ({ loss, options, schedule: 'falling' });

/**
 * A line an optimizer. Options are the defaults but for lr, unless a default cannot do it in so few steps: Adamax keeps the
 * steep start in its maximum; RAdam's first steps have no root below them, and need an lr that is too small for the later
 * ones; AdamW's minimum lies as far off (1, 1) as its weights decay; NAdam's momentum rises too slowly for 2,000 steps;
 * ScheduleFreeAdamW's average has to forget the way down the valley; ASGD's step size would hardly fall.
 *
 * Noise makes the signs flip that Rprop's step sizes live on: it is not for this, and stays far above the others.
 *
 * Losses are a little above those that are reached, which are the same on every backend, so that a rule without its bias
 * correction, or with a state that is not written back, stays above them.
 */
const goals: Readonly<Record<string, Row>> = {
  AdaBelief: [reaches(2.3e-13, { lr: 0.05 }), reaches(0.42, { lr: 0.01 })],
  Adadelta: [settles(5e-3, { lr: 2 }), reaches(0.48, { lr: 5 })],
  Adagrad: [reaches(0.09, { lr: 1 }), reaches(0.32, { lr: 0.15 })],
  Adam: [reaches(2e-12, { lr: 0.05 }), reaches(0.4, { lr: 0.01 })],
  Adamax: [settles(9e-15, { lr: 0.02, betas: [0.9, 0.99] }), reaches(0.4, { lr: 0.03 })],
  AdamW: [reaches(1.2e-7, { lr: 0.05, weightDecay: 1e-4 }), reaches(0.4, { lr: 0.01 })],
  Adan: [settles(1.7e-18, { lr: 0.03 }), reaches(0.39, { lr: 0.02 })],
  ADOPT: [reaches(2.5e-8, { lr: 0.7 }), reaches(0.55, { lr: 0.015 })],
  ASGD: [reaches(0.035, { lr: 0.0015 }), reaches(0.42, { lr: 0.2, lambd: 0.01, alpha: 1 })],
  FTRL: [reaches(0.1, { lr: 0.7 }), reaches(0.28, { lr: 0.15 })],
  LAMB: [settles(2.8e-6, { lr: 0.05 }), reaches(0.49, { lr: 0.007 })],
  LARS: [settles(4e-9, { lr: 5 }), reaches(0.45, { lr: 2 })],
  Lion: [settles(1.6e-7, { lr: 0.015 }), settles(0.5, { lr: 0.01 })],
  Momentum: [reaches(1.5e-8, { lr: 0.001 }), reaches(0.45, { lr: 0.01 })],
  NAdam: [reaches(5.2e-7, { lr: 0.03, momentumDecay: 0.1 }), reaches(0.39, { lr: 0.01 })],
  RAdam: [reaches(2.5e-5, { lr: 0.007, betas: [0.9, 0.99] }), reaches(0.48, { lr: 0.03 })],
  RMSprop: [settles(3e-3, { lr: 0.015 }), reaches(0.4, { lr: 0.01 })],
  Rprop: [reaches(2.1e-4, { lr: 0.1 }), reaches(2.6, { lr: 0.15 })],
  ScheduleFreeAdamW: [reaches(2.8e-7, { lr: 0.02, betas: [0.9, 0.99], r: 5 }), reaches(0.31, { lr: 0.03 })],
  ScheduleFreeSGD: [reaches(2.5e-3, { lr: 0.003 }), reaches(0.3, { lr: 0.3 })],
  SGD: [reaches(0.035, { lr: 0.0015 }), reaches(0.45, { lr: 0.1 })],
  Signum: [settles(6e-6, { lr: 0.01 }), settles(0.28, { lr: 0.01 })],
};

/** @throws Error where the table has no line for the optimizer */
export function goalsOf(name: string): Row {
  if (!Object.hasOwn(goals, name)) throw new Error(`${name} has no line in the table of test/convergence.ts`);
  return goals[name];
}

/** As ScheduleFree has it: gradients are taken at one point, and the loss is meant for another. */
type TwoPoints = AnyOptimizer & { train?(): void; eval?(): void };

/**
 * Takes all steps, and returns the loss at the end.
 *
 * @param visit is shown the start, and the point after each step
 */
export function minimize(
  problem: Problem,
  { create }: OptimizerCase,
  { options, schedule }: Goal,
  visit?: (w: FloatArray) => void,
): number {
  const w = problem.start();
  const grad = w.slice();
  const writeGradient = problem.gradient();
  const optimizer: TwoPoints = create([w], options);
  const [group] = optimizer.groups as readonly { lr: number }[];
  visit?.(w);
  for (let step = 0; step < problem.steps; step++) {
    if (schedule === 'falling') group.lr = options.lr * (1 - step / problem.steps);
    optimizer.train?.();
    writeGradient(w, grad);
    optimizer.step([grad]);
    if (visit !== undefined) {
      optimizer.eval?.();
      visit(w);
    }
  }
  optimizer.eval?.();
  return problem.loss(w);
}
