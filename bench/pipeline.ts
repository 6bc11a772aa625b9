// The whole step: gradients checked, clipped by their norm, applied, averaged over and zeroed. lockstep does that in two
// walks over memory. Beside it: the same with a walk for each operation, and as two JavaScript loops.

import { AdamW } from 'lockstep';
import { checkAlike } from '../dist/bench/check.js';
import { freshCopy, measureInTurn, ratio, type Settings, type Spread, spread } from '../dist/bench/measure.js';
import { fillRealistic, type Trainee } from '../dist/bench/subjects.js';
import { resolveBackend } from '../lib/backend.js';
import { clipCoefficient, type Pipeline, writeAverageShare } from '../lib/pipeline.js';
import { type Control, newControl, type Plan, ruleStart, sums } from '../lib/plan.js';
import { neutralRow } from '../lib/rows.js';
import { Lerp } from '../lib/rules/lerp.js';
import type { Rule } from '../lib/rules/rule.js';
import { GradNorm } from '../lib/rules/stages.js';
import type { Probe } from './probe.js';

/** One way to take the whole step. */
export interface WholeStepRow {
  readonly name: string;
  /** What it reads and writes for each f32 element of the parameter, in walks over memory. */
  readonly bytes: number;
  readonly nsPerElement: Spread;
  /** Its time over that of the fused step. */
  readonly timesFused: Spread;
}

export interface WholeStep {
  readonly elements: number;
  readonly rounds: number;
  readonly rows: readonly WholeStepRow[];
}

type Subject = Trainee & { readonly bytes: number };

const scalars = { lr: 0.001, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, clipNorm: 0.1, emaDecay: 0.999 };

const perElement = Float32Array.BYTES_PER_ELEMENT;

/** The gradient read; then param, two arrays of state, average and gradient, each read and written. */
const twoWalks = (1 + 2 * 5) * perElement;

const walks = {
  norm: 1, // the gradient read
  scale: 2, // the gradient read and written
  adamw: 7, // gradient, param and two arrays of state read, the last three written
  average: 3, // param and average read, the average written
  zero: 1, // the gradient written
};

const manyWalks = Object.values(walks).reduce((sum, arrays) => sum + arrays) * perElement;

/** The arrays of one subject, all with the values that the others have. */
function arraysLike(values: Float32Array, grads: Float32Array) {
  const param = values.slice();
  const grad = grads.slice();
  return { param, grad, prepare: () => grad.set(grads) };
}

function fused(values: Float32Array, grads: Float32Array): Subject {
  const { param, grad, prepare } = arraysLike(values, grads);
  const { lr, weightDecay, clipNorm, emaDecay } = scalars;
  const optimizer = new AdamW([param], {
    lr,
    weightDecay,
    nonFinite: 'skip',
    clipNorm,
    ema: { decay: emaDecay },
    zeroGrad: true,
  });
  optimizer.bindGrads([grad]);
  const { expAvg, expAvgSq } = optimizer.state[0];
  const arrays = [param, expAvg, expAvgSq, optimizer.averages[0], grad];
  return { name: 'fused', kind: 'native', bytes: twoWalks, arrays, prepare, step: () => void optimizer.step() };
}

/** A kernel of lockstep by itself: rule, and the array that stands in place of its gradient. */
function kernel(
  rule: Rule,
  param: Float32Array,
  grad: Float32Array,
): { readonly plan: Plan; readonly control: Control } {
  const control = newControl([rule], 1);
  neutralRow(control.coefficients, 0);
  const plan = resolveBackend().bind([{ rule, arrays: [param], average: null }], control);
  plan.bindGrads(0, [grad]);
  return { plan, control };
}

/** With kernels of lockstep, but a walk for each operation. Only the one that scales in place is the probe's. */
function separate(values: Float32Array, grads: Float32Array, scale: NonNullable<Probe['scale']>): Subject {
  const { param, grad, prepare } = arraysLike(values, grads);
  const { lr, weightDecay, clipNorm, emaDecay } = scalars;
  const optimizer = new AdamW([param], { lr, weightDecay });
  optimizer.bindGrads([grad]);
  const average = new Float32Array(param.length);
  const norm = kernel(GradNorm, param, grad);
  const towards = kernel(Lerp, average, param);
  const pipeline = { ema: { decay: emaDecay }, swa: null } as Pipeline;
  let t = 0;
  const step = () => {
    norm.plan.measureGrads();
    const length = Math.sqrt(norm.control.sums[sums.grad]);
    if (!Number.isFinite(length)) return;
    scale(grad, clipCoefficient('torch', length, clipNorm));
    optimizer.step();
    writeAverageShare(towards.control.coefficients, ruleStart + Lerp.coefficients.share, pipeline, ++t);
    towards.plan.step();
    grad.fill(0);
  };
  const { expAvg, expAvgSq } = optimizer.state[0];
  const arrays = [param, expAvg, expAvgSq, average, grad];
  return { name: 'separate walks', kind: 'native', bytes: manyWalks, arrays, prepare, step };
}

/** Names nothing but its arguments and globals: see freshCopy in measure.ts. */
function hoistedLoops(arrays: readonly Float32Array[], o: typeof scalars, t: number): void {
  const [param, expAvg, expAvgSq, average, grad] = arrays;
  const length = param.length;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const g = grad[i];
    squares += g * g;
  }
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm)) return;
  const clip = Math.min(1, o.clipNorm / (norm + 1e-6));
  const { beta1, beta2, eps } = o;
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  const stepSize = o.lr / (1 - beta1 ** t);
  const rootScale = 1 / Math.sqrt(1 - beta2 ** t);
  const kept = 1 - o.lr * o.weightDecay;
  const share = t === 1 ? 1 : 1 - o.emaDecay;
  for (let i = 0; i < length; i++) {
    const g = clip * grad[i];
    const m = beta1 * expAvg[i] + rest1 * g;
    const v = beta2 * expAvgSq[i] + rest2 * (g * g);
    const w = kept * param[i] - stepSize * (m / (Math.sqrt(v) * rootScale + eps));
    expAvg[i] = m;
    expAvgSq[i] = v;
    param[i] = w;
    average[i] = average[i] + share * (w - average[i]);
    grad[i] = 0;
  }
}

function hoisted(values: Float32Array, grads: Float32Array): Subject {
  const { param, grad, prepare } = arraysLike(values, grads);
  const [expAvg, expAvgSq, average] = [0, 1, 2].map(() => new Float32Array(param.length));
  const arrays = [param, expAvg, expAvgSq, average, grad];
  const loops = freshCopy(hoistedLoops);
  let t = 0;
  const step = () => loops(arrays, scalars, ++t);
  return { name: 'hoisted loops', kind: 'loop', bytes: twoWalks, arrays, prepare, step };
}

/** Over the arrays of the fused step: where arrays lie is part of what a walk costs. */
function limit({ arrays, prepare }: Subject, limits: NonNullable<Probe['limits']>): readonly Subject[] {
  const [param, expAvg, expAvgSq, average, grad] = arrays as readonly Float32Array[];
  const { twoPasses } = limits(grad, param, expAvg, expAvgSq, average);
  if (twoPasses === undefined) return [];
  return [
    { name: 'limit: two passes', kind: 'limit', bytes: twoWalks, arrays, ...(prepare && { prepare }), step: twoPasses },
  ];
}

/** How many bytes the subjects take together. */
export function wholeStepBytes(elements: number): number {
  return (2 + 3 * 5) * elements * perElement;
}

/** On the best backend. */
export function measureWholeStep(probe: Probe | null, elements: number, settings: Settings): WholeStep {
  const values = fillRealistic(new Float32Array(elements), 0.05, 2);
  const grads = fillRealistic(new Float32Array(elements), 0.01, 1);
  const best = fused(values, grads);
  const subjects = [
    best,
    ...(probe?.scale === undefined ? [] : [separate(values, grads, probe.scale)]),
    hoisted(values, grads),
    ...(probe?.limits === undefined ? [] : limit(best, probe.limits)),
  ];
  checkAlike(subjects, 'the whole step', [0, 3]);
  const timed = measureInTurn(subjects, settings);
  const rows = subjects.map(({ name, bytes }, i) => ({
    name,
    bytes,
    nsPerElement: spread(timed[i].map((ns) => ns / elements)),
    timesFused: ratio(timed[i], timed[0]),
  }));
  return { elements, rounds: settings.rounds, rows };
}
