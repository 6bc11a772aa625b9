// Each step in f32 against the same step in f64, from the same values, written from the papers and not from lib/.

import { backend, type FloatArray } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { type OptimizerCase, optimizers, stateNames } from './optimizers.js';
import { fillOrdinary, Random } from './random.js';
import { ulp } from './ulp.js';

interface Settings {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly lrDecay: number;
  readonly eps: number;
  readonly epsPlace: string;
  readonly betas: readonly [number, number];
  readonly amsgrad: boolean;
  readonly clip: boolean;
  readonly weightDecayMode?: string;
  readonly cautious?: boolean;
  readonly alpha: number;
  readonly centered: boolean;
  readonly rho: number;
  readonly noProx: boolean;
  readonly power: number;
  readonly l1: number;
  readonly l2: number;
  readonly beta: number;
  readonly momentumDecay: number;
  readonly etas: readonly [shrink: number, grow: number];
  readonly stepSizes: readonly [smallest: number, largest: number];
  readonly lambd: number;
  readonly t0: number;
  readonly warmupSteps: number;
  readonly r: number;
  readonly weightLrPower: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
  readonly dialect: string;
  readonly trustClip: boolean;
  readonly trustCoefficient: number;
  /** See `ratioOf`. */
  readonly ratio: number;
}

/** One element: the new param and state, in f64. */
type Oracle = (o: Settings, t: number, param: number, grad: number, state: readonly number[]) => readonly number[];

/** In f32: where g and the penalty nearly cancel, no rule can be more exact than the gradient that it is given. */
const penalised = (g: number, weightDecay: number, w: number) =>
  weightDecay === 0 ? g : Math.fround(g + Math.fround(Math.fround(weightDecay) * w));

const sutskever: Oracle = ({ lr, momentum, nesterov }, _t, w, g, [v]) => {
  const velocity = momentum * v - lr * g;
  return [nesterov ? w + momentum * velocity - lr * g : w + velocity, velocity];
};

const adam: Oracle = ({ lr, betas: [beta1, beta2], eps, amsgrad, dialect }, t, w, g, [m, v, largest]) => {
  const expAvg = beta1 * m + (1 - beta1) * g;
  const expAvgSq = beta2 * v + (1 - beta2) * g ** 2;
  const mHat = expAvg / (1 - beta1 ** t);
  const correction = 1 - beta2 ** t;
  const max = amsgrad ? Math.max(largest, dialect === 'optax' ? expAvgSq / correction : expAvgSq) : expAvgSq;
  const root = Math.sqrt(dialect === 'optax' && amsgrad ? max : max / correction);
  const denominator = dialect === 'keras' ? root + eps / Math.sqrt(correction) : root + eps;
  const next = w - (lr * mHat) / denominator;
  return amsgrad ? [next, expAvg, expAvgSq, max] : [next, expAvg, expAvgSq];
};

/** What NAdam multiplies m and g by. */
function nadamSteps({ lr, betas: [beta1], momentumDecay, dialect }: Settings, t: number) {
  const mu = (step: number) => (dialect === 'optax' ? beta1 : beta1 * (1 - 0.96 ** (step * momentumDecay) / 2));
  let product = 1;
  for (let step = 1; step <= t; step++) product *= mu(step);
  return [(lr * mu(t + 1)) / (1 - product * mu(t + 1)), (lr * (1 - mu(t))) / (1 - product)] as const;
}

/** The step size of ASGD. */
const etaOf = ({ lr, lambd, alpha }: Settings, t: number) => lr / (1 + lambd * lr * (t - 1)) ** alpha;

/** Schedule-Free: lr in step t, and the share c of z in the average after it. */
function scheduleFreeScalars({ lr, warmupSteps, r, weightLrPower }: Settings, t: number) {
  const lrAt = (k: number) => lr * Math.min(1, k / warmupSteps || 1); // never falls: it is the largest so far, too
  const weightAt = (k: number) => k ** r * lrAt(k) ** weightLrPower;
  let sum = 0;
  for (let k = 1; k <= t; k++) sum += weightAt(k);
  return { lr: lrAt(t), c: sum === 0 ? 0 : weightAt(t) / sum };
}

/** Schedule-Free: y and z after a step against the direction d, by way of x. */
function scheduleFree(o: Settings, beta1: number, t: number, y: number, d: number, z: number) {
  const { lr, c } = scheduleFreeScalars(o, t);
  const last = t === 1 ? y : z;
  const x = (y - (1 - beta1) * last) / beta1;
  const next = last - lr * d;
  return [(1 - beta1) * next + beta1 * ((1 - c) * x + c * next), next];
}

/** How Schedule-Free AdamW turns g into a direction, and what of it comes from g alone. */
function scheduleFreeDirection({ betas, eps, weightDecay }: Settings, t: number, y: number, g: number, v: number) {
  const expAvgSq = betas[1] * v + (1 - betas[1]) * g ** 2;
  const normed = g / (Math.sqrt(expAvgSq / (1 - betas[1] ** t)) + eps);
  return { expAvgSq, normed, d: normed + weightDecay * y };
}

/** Schedule-Free: the step of y, which may cancel with the way to z; and that of z, or in the first what z starts at. */
function scheduleFreeTerms(o: Settings, beta1: number, t: number, y: number, d: number) {
  const { lr, c } = scheduleFreeScalars(o, t);
  return [lr * (1 - beta1 * (1 - c)) * d, Math.max(Math.abs(lr * d), t === 1 ? Math.abs(y) : 0)];
}
const lambDecay = ({ weightDecay, dialect }: Settings, w: number) => (dialect === 'keras' ? 0 : weightDecay * w);

/** The direction of LAMB, and the moments that it has then. */
const lambDirection = (o: Settings, t: number, w: number, g: number, [m, v]: readonly number[]): readonly number[] => {
  const { betas, eps } = o;
  const expAvg = betas[0] * m + (1 - betas[0]) * g;
  const expAvgSq = betas[1] * v + (1 - betas[1]) * g ** 2;
  const root = Math.sqrt(expAvgSq / (1 - betas[1] ** t));
  const direction = expAvg / (1 - betas[0] ** t) / (root + eps) + lambDecay(o, w);
  return [direction, expAvg, expAvgSq];
};

/** As if there were no `maximize`, and no `weightDecay` but for those of `ownDecay`: these nearly all have alike. */
const oracles: Record<string, Oracle> = {
  SGD: (o, t, w, g, [b]) => {
    const { lr, momentum, dampening, nesterov, dialect } = o;
    if (momentum === 0) return [w - lr * g];
    if (dialect === 'keras') return sutskever(o, t, w, g, [b]);
    const buffer = t === 1 ? g : momentum * b + (1 - dampening) * g;
    return [w - lr * (nesterov ? g + momentum * buffer : buffer), buffer];
  },
  Momentum: sutskever,
  Adagrad: ({ lr, lrDecay, eps, epsPlace }, t, w, g, [h]) => {
    const sum = h + g ** 2;
    const denominator = epsPlace === 'inside' ? Math.sqrt(sum + eps) : Math.sqrt(sum) + eps;
    return [w - ((lr / (1 + (t - 1) * lrDecay)) * g) / denominator, sum];
  },
  Adam: adam,
  AdamW: adam,
  Lion: ({ lr, betas: [beta1, beta2] }, _t, w, g, [m]) => [
    w - lr * Math.sign(beta1 * m + (1 - beta1) * g),
    beta2 * m + (1 - beta2) * g,
  ],
  Signum: ({ lr, momentum }, _t, w, g, [m]) => {
    const expAvg = momentum * m + (1 - momentum) * g;
    return [w - lr * Math.sign(expAvg), expAvg];
  },
  AdaBelief: ({ lr, betas: [beta1, beta2], eps }, t, w, g, [m, s]) => {
    const expAvg = beta1 * m + (1 - beta1) * g;
    const expAvgVar = beta2 * s + (1 - beta2) * (g - expAvg) ** 2 + eps;
    const mHat = expAvg / (1 - beta1 ** t);
    return [w - (lr * mHat) / (Math.sqrt(expAvgVar / (1 - beta2 ** t)) + eps), expAvg, expAvgVar];
  },
  ADOPT: (o, t, w, g, [m, v]) => {
    const { lr, betas, eps, clip } = o;
    if (t === 1) return [w, m, g ** 2];
    const bound = clip ? (t - 1) ** 0.25 : Infinity;
    const normed = Math.min(Math.max(g / Math.max(Math.sqrt(v), eps), -bound), bound);
    const expAvg = betas[0] * m + (1 - betas[0]) * normed;
    return [w - lr * expAvg, expAvg, betas[1] * v + (1 - betas[1]) * g ** 2];
  },
  Adan: (o, t, param, g, [m, e, n, last]) => {
    const { lr, eps, weightDecay, noProx, dialect } = o;
    const [beta1, beta2, beta3] = o.betas as readonly number[];
    const ahead = dialect === 'optax' ? 1 - beta2 : beta2;
    const d = t === 1 ? 0 : g - last;
    const expAvg = beta1 * m + (1 - beta1) * g;
    const expAvgDiff = beta2 * e + (1 - beta2) * d;
    const expAvgSq = beta3 * n + (1 - beta3) * (g + ahead * d) ** 2;
    const nHat = expAvgSq / (1 - beta3 ** t);
    const root = Math.sqrt(dialect === 'optax' ? nHat + eps : nHat) + eps;
    const update = expAvg / (1 - beta1 ** t) + (ahead * expAvgDiff) / (1 - beta2 ** t);
    const w = noProx ? param * (1 - lr * weightDecay) : param;
    const next = w - (lr * update) / root;
    return [noProx ? next : next / (1 + lr * weightDecay), expAvg, expAvgDiff, expAvgSq, g];
  },
  RMSprop: ({ lr, alpha, eps, epsPlace, centered, momentum, dialect }, _t, w, g, [v, ...rest]) => {
    const square = alpha * v + (1 - alpha) * g ** 2;
    const mean = centered ? alpha * rest[0] + (1 - alpha) * g : 0;
    const variance = square - mean ** 2;
    const direction = g / (epsPlace === 'inside' ? Math.sqrt(variance + eps) : Math.sqrt(variance) + eps);
    const averages = centered ? [square, mean] : [square];
    if (momentum === 0) return [w - lr * direction, ...averages];
    const lrInside = dialect !== 'lockstep' && dialect !== 'torch';
    const buffer = momentum * rest[rest.length - 1] + (lrInside ? lr * direction : direction);
    return [w - (lrInside ? buffer : lr * buffer), ...averages, buffer];
  },
  Adadelta: ({ lr, rho, eps }, _t, w, g, [v, u]) => {
    const rms = (average: number) => Math.sqrt(average + eps);
    const square = rho * v + (1 - rho) * g ** 2;
    const delta = (rms(u) / rms(square)) * g;
    return [w - lr * delta, square, rho * u + (1 - rho) * delta ** 2];
  },
  Adamax: ({ lr, betas: [beta1, beta2], eps, dialect }, t, w, g, [m, u]) => {
    const isOutside = dialect === 'keras' || dialect === 'tfjs';
    const expAvg = beta1 * m + (1 - beta1) * g;
    const expInf = Math.max(beta2 * u, Math.abs(g) + (isOutside ? 0 : eps));
    return [w - ((lr / (1 - beta1 ** t)) * expAvg) / (expInf + (isOutside ? eps : 0)), expAvg, expInf];
  },
  RAdam: ({ lr, betas: [beta1, beta2], eps, dialect }, t, w, g, [m, v]) => {
    const expAvg = beta1 * m + (1 - beta1) * g;
    const expAvgSq = beta2 * v + (1 - beta2) * g ** 2;
    const mHat = expAvg / (1 - beta1 ** t);
    const correction = 1 - beta2 ** t;
    const most = 2 / (1 - beta2) - 1;
    const rho = most - (2 * t * beta2 ** t) / correction;
    if (rho <= 5) return [w - lr * mHat, expAvg, expAvgSq];
    const r = Math.sqrt((((rho - 4) * (rho - 2)) / ((most - 4) * (most - 2))) * (most / rho));
    const vHat = Math.sqrt(expAvgSq / correction);
    const denominator = vHat + (dialect === 'optax' ? eps : eps / Math.sqrt(correction));
    return [w - (lr * mHat * r) / denominator, expAvg, expAvgSq];
  },
  NAdam: (o, t, w, g, [m, v]) => {
    const [beta1, beta2] = o.betas;
    const expAvg = beta1 * m + (1 - beta1) * g;
    const expAvgSq = beta2 * v + (1 - beta2) * g ** 2;
    const [momentStep, gradStep] = nadamSteps(o, t);
    const root = Math.sqrt(expAvgSq / (1 - beta2 ** t));
    return [w - (momentStep * expAvg + gradStep * g) / (root + o.eps), expAvg, expAvgSq];
  },
  Rprop: ({ etas: [shrink, grow], stepSizes: [smallest, largest] }, _t, w, g, [last, s]) => {
    const factor = g * last > 0 ? grow : g * last < 0 ? shrink : 1;
    const size = Math.min(Math.max(s * factor, smallest), largest);
    return g * last < 0 ? [w, 0, size] : [w - size * Math.sign(g), g, size];
  },
  ASGD: (o, t, w, g, [average]) => {
    const eta = etaOf(o, t);
    const next = w * (1 - o.lambd * eta) - eta * g;
    return [next, average + (next - average) / Math.max(1, t - 1 - o.t0)];
  },
  FTRL: ({ lr, power, l1, l2, beta }, _t, w, g, [n, z]) => {
    const sum = n + g ** 2;
    const sigma = (sum ** -power - n ** -power) / lr;
    const next = z + g - sigma * w;
    const denominator = (sum ** -power + beta) / lr + 2 * l2;
    return [Math.abs(next) > l1 ? (Math.sign(next) * l1 - next) / denominator : 0, sum, next];
  },
  ScheduleFreeSGD: (o, t, y, g, [z]) => scheduleFree(o, o.momentum, t, y, g, z),
  ScheduleFreeAdamW: (o, t, y, g, [z, v]) => {
    const { expAvgSq, d } = scheduleFreeDirection(o, t, y, g, v);
    return [...scheduleFree(o, o.betas[0], t, y, d, z), expAvgSq];
  },
  LAMB: (o, t, w, g, state) => {
    const [direction, ...moments] = lambDirection(o, t, w, g, state);
    return [w - o.lr * o.ratio * direction, ...moments];
  },
  LARS: ({ lr, momentum, dampening, nesterov, weightDecay, dialect, ratio }, t, w, g, [b]) => {
    if (dialect === 'optax') {
      const d = -lr * ratio * g;
      const buffer = momentum * b + d;
      return [w + (nesterov ? d + momentum * buffer : buffer), buffer];
    }
    const d = ratio * penalised(g, weightDecay, w);
    const buffer = t === 1 ? d : momentum * b + (1 - dampening) * d;
    return [w - lr * (nesterov ? d + momentum * buffer : buffer), buffer];
  },
};

/** Optimizers without the option weightDecayMode whose weight decay never enters the gradient. */
const alwaysDecoupled = new Set(['FTRL', 'Momentum', 'Signum']);

function decayMode(name: string, { dialect, weightDecayMode }: Settings): string {
  return weightDecayMode ?? (dialect === 'keras' || alwaysDecoupled.has(name) ? 'decoupled' : 'l2');
}

/** Whether the optimizer treats weight decay in a way of its own, or has none. */
function ownDecay(name: string, { dialect }: Settings): boolean {
  if (name === 'LAMB') return dialect !== 'keras';
  if (name === 'LARS') return dialect !== 'optax';
  return ['Adan', 'Rprop', 'ScheduleFreeAdamW'].includes(name);
}

/** W and g as the moments get them. */
function prepared(name: string, o: Settings, t: number, w: number, grad: number): readonly [w: number, g: number] {
  const g = o.maximize ? -grad : grad;
  if (ownDecay(name, o)) return [w, g];
  const mode = decayMode(name, o);
  if (mode === 'l2') return [w, penalised(g, o.weightDecay, w)];
  if (name === 'ADOPT' && t === 1) return [w, g];
  return [w * (1 - (mode === 'decoupled' ? o.lr : 1) * o.weightDecay), g];
}

function oracle(
  name: string,
  o: Settings,
  t: number,
  param: number,
  grad: number,
  state: readonly number[],
): readonly number[] {
  const [w, g] = prepared(name, o, t, param, grad);
  if (!o.cautious) return oracles[name](o, t, w, g, state);
  const [change, ...next] = oracles[name](o, t, 0, g, state);
  return [change * g < 0 ? w + o.ratio * change : w, ...next];
}

type Element = readonly [w: number, g: number, state: readonly number[]];

/** What cautious optimizers multiply by: one over the share of elements that they keep. */
function keepScale(name: string, o: Settings, t: number, elements: readonly Element[]): number {
  const kept = elements.filter(([param, grad, state]) => {
    const g = prepared(name, o, t, param, grad)[1];
    return oracles[name](o, t, 0, g, state)[0] * g < 0;
  });
  return 1 / Math.max(kept.length / elements.length, 0.001);
}

const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));

/** |W| / |u|, where no norm is 0. */
const trustRatios: Record<string, (o: Settings, t: number, elements: readonly Element[]) => number> = {
  LAMB: (o, t, elements) => {
    const directions = elements.map(([w, g, state]) => lambDirection(o, t, w, g, state)[0]);
    const ratio = norm(elements.map(([w]) => w)) / norm(directions);
    return o.trustClip ? Math.min(ratio, 1) : ratio;
  },
  LARS: ({ trustCoefficient, weightDecay, eps, dialect }, _t, elements) => {
    const [paramNorm, gradNorm] = [norm(elements.map(([w]) => w)), norm(elements.map(([, g]) => g))];
    const penalty = dialect === 'optax' ? 0 : weightDecay * paramNorm; // which is in g there
    return (trustCoefficient * paramNorm) / (gradNorm + penalty + eps);
  },
};

/** What the whole array says of the step of each element. */
function ratioOf(name: string, o: Settings, t: number, elements: readonly Element[]): number {
  if (o.cautious) return keepScale(name, o, t, elements);
  const asSeen = elements.map(([param, grad, state]): Element => [...prepared(name, o, t, param, grad), state]);
  return trustRatios[name]?.(o, t, asSeen) ?? 1;
}

/** What cancels on the way to the param and to each state array: the result can be no more exact than this is. */
const cancelling: Record<string, Oracle> = {
  ASGD: (o, t, w, g) => [0, Math.max(Math.abs(w), Math.abs(etaOf(o, t) * g))],
  FTRL: ({ lr, power, l1, l2, beta }, _t, w, g, [n]) => {
    const q = (n + g ** 2) ** -power / lr;
    return [l1 / (q + beta / lr + 2 * l2), 0, q * w];
  },
  ScheduleFreeSGD: (o, t, y, g) => scheduleFreeTerms(o, o.momentum, t, y, g),
  ScheduleFreeAdamW: (o, t, y, g, [, v]) =>
    scheduleFreeTerms(o, o.betas[0], t, y, scheduleFreeDirection(o, t, y, g, v).normed),
  LAMB: (o, _t, w) => [o.lr * o.ratio * lambDecay(o, w)],
};

/**
 * More where one step rounds more: Adan sums two averages, NAdam an average and g, AdaBelief squares a difference; Adadelta
 * squares its own update, which doubles the relative error; a centered RMSprop divides by the root of a difference, whose
 * error grows as it cancels. A cautious optimizer multiplies once more, what may have cancelled while it was held back.
 * ScheduleFreeAdamW goes from y to z after it has done what Adam does. LAMB may subtract two terms as large as W, each of
 * which was rounded several times.
 */
function maxUlps(name: string, { centered, cautious }: Settings): number {
  if (['Adadelta', 'ScheduleFreeAdamW', 'LAMB'].includes(name) || centered || cautious) return 6;
  return ['Adan', 'AdaBelief', 'NAdam'].includes(name) ? 5 : 4;
}

const length = 1000;
const steps = 50;

/**
 * The largest distance of any element in any step, in ulps. The ulp is that of the largest of what the step works with:
 * the old and the new value and, for a param, this update and the one before. Where a moment nearly cancels, the update
 * cannot be more exact than the moment that it came from.
 */
function largestDistance(subject: OptimizerCase, given: object, backendName: string): number {
  const random = new Random(7);
  const param = new Float32Array(length);
  const grad = new Float32Array(length);
  fillOrdinary(param, random);
  const optimizer = subject.create([param], { ...given, backend: backendName });
  const [state] = optimizer.state;
  const arrays = [param, ...stateNames(state).map((name) => state[name] as FloatArray)];
  const options = { ...optimizer.groups[0] } as Settings;

  const lastUpdate = new Float64Array(length);
  let largest = 0;
  for (let t = 1; t <= steps; t++) {
    fillOrdinary(grad, random);
    const before = arrays.map((array) => Float64Array.from(array));
    optimizer.step([grad]);
    const elements = Array.from(param, (_, i): Element => {
      const [w, ...state] = before.map((array) => array[i]);
      return [w, grad[i], state];
    });
    const settings = { ...options, ratio: ratioOf(subject.name, options, t, elements) };
    for (const [i, [w, g, state]] of elements.entries()) {
      const expected = oracle(subject.name, settings, t, w, g, state);
      const update = expected[0] - w;
      const terms = cancelling[subject.name]?.(settings, t, w, g, state) ?? [];
      for (let k = 0; k < arrays.length; k++) {
        const magnitudes = [before[k][i], expected[k], terms[k] ?? 0, ...(k === 0 ? [update, lastUpdate[i]] : [])].map(
          Math.abs,
        );
        largest = Math.max(largest, Math.abs(arrays[k][i] - expected[k]) / ulp(Math.max(...magnitudes), param));
      }
      if (update !== 0) lastUpdate[i] = update; // a cautious optimizer's is 0 where it would go uphill
    }
  }
  return largest;
}

describe.each(backend().available)('%s', (name) => {
  test.each(optimizers.flatMap((subject) => subject.valid.map((options) => ({ subject, options }))))(
    '$subject.name $options: within a few ulp of f64 in every step',
    ({ subject, options }) => {
      const distance = largestDistance(subject, options, name);
      if (options.lr !== 0) expect(distance).toBeGreaterThan(0); // f32 rounds: 0 would mean that nothing was compared
      expect(distance).toBeLessThanOrEqual(
        maxUlps(subject.name, { ...subject.defaults, ...options } as unknown as Settings),
      );
    },
  );
});
