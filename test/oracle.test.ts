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
  readonly alpha: number;
  readonly centered: boolean;
  readonly rho: number;
  readonly betas: readonly [number, number];
  readonly amsgrad: boolean;
  readonly weightDecay: number;
  readonly decoupledWeightDecay?: boolean;
  readonly maximize: boolean;
  readonly dialect: string;
}

/** One element: the new param and state, in f64. */
type Oracle = (o: Settings, t: number, param: number, grad: number, state: readonly number[]) => readonly number[];

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

/** As if there were neither `maximize` nor `weightDecay`, which all have alike. */
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
};

/** Optimizers whose weight decay never enters the gradient. */
const decoupled = (name: string, { dialect, decoupledWeightDecay = false }: Settings) =>
  decoupledWeightDecay || dialect === 'keras' || name === 'Momentum' || name === 'AdamW';

/** In f32: where g and the penalty nearly cancel, no rule can be more exact than the gradient that it is given. */
const penalised = (g: number, weightDecay: number, w: number) =>
  weightDecay === 0 ? g : Math.fround(g + Math.fround(Math.fround(weightDecay) * w));

function oracle(
  name: string,
  o: Settings,
  t: number,
  w: number,
  g: number,
  state: readonly number[],
): readonly number[] {
  const signed = o.maximize ? -g : g;
  return decoupled(name, o)
    ? oracles[name](o, t, w * (1 - o.lr * o.weightDecay), signed, state)
    : oracles[name](o, t, w, penalised(signed, o.weightDecay, w), state);
}

/**
 * More where one step rounds more: a centered RMSprop divides by the root of a difference, whose error grows as it
 * cancels; Adadelta squares its own update, which doubles the relative error.
 */
const limitOf = (name: string, { centered = false }: { readonly centered?: unknown }) =>
  centered || name === 'Adadelta' ? 6 : 4;
const length = 1000;
const steps = 50;

/**
 * The largest distance of any element in any step, in ulps. The ulp is that of the largest of what the step works with:
 * the old and the new value and, for a param, this update and the one before. Where a moment nearly cancels, the update
 * cannot be more exact than the moment that it came from.
 */
function largestDistance(subject: OptimizerCase, options: object, backendName: string): number {
  const random = new Random(7);
  const param = new Float32Array(length);
  const grad = new Float32Array(length);
  fillOrdinary(param, random);
  const optimizer = subject.create([param], { ...options, backend: backendName });
  const [state] = optimizer.state;
  const arrays = [param, ...stateNames(state).map((name) => state[name] as FloatArray)];
  const settings = { ...optimizer.groups[0] } as Settings;

  const lastUpdate = new Float64Array(length);
  let largest = 0;
  for (let t = 1; t <= steps; t++) {
    fillOrdinary(grad, random);
    const before = arrays.map((array) => Float64Array.from(array));
    optimizer.step([grad]);
    for (let i = 0; i < length; i++) {
      const [w, ...state] = before.map((array) => array[i]);
      const expected = oracle(subject.name, settings, t, w, grad[i], state);
      const update = expected[0] - w;
      for (let k = 0; k < arrays.length; k++) {
        const magnitudes = [before[k][i], expected[k], ...(k === 0 ? [update, lastUpdate[i]] : [])].map(Math.abs);
        largest = Math.max(largest, Math.abs(arrays[k][i] - expected[k]) / ulp(Math.max(...magnitudes), param));
      }
      lastUpdate[i] = update;
    }
  }
  return largest;
}

describe.each(backend().available)('%s', (name) => {
  const cases = optimizers.flatMap((subject) => subject.valid.map((options) => ({ subject, options })));
  test.each(cases.map((each) => ({ ...each, maxUlps: limitOf(each.subject.name, each.options) })))(
    '$subject.name $options: within $maxUlps ulp of f64 in every step',
    ({ subject, options, maxUlps }) => {
      const distance = largestDistance(subject, options, name);
      if (options.lr !== 0) expect(distance).toBeGreaterThan(0); // f32 rounds: 0 would mean that nothing was compared
      expect(distance).toBeLessThanOrEqual(maxUlps);
    },
  );
});
