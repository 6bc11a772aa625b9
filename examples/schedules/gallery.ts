/** One or two examples of each schedule, from a value of 1 at most and over 200 steps. */
import { ReduceOnPlateau, type Schedule, schedules } from 'lockstep';

export const STEPS = 200;

export interface Curve {
  /** The options that matter. */
  readonly label: string;
  readonly schedule: Schedule;
}

export interface Panel {
  readonly name: string;
  readonly curves: readonly [Curve, Curve?];
  /** Something else to see in the same plot. */
  readonly background?: Curve;
}

const {
  chain,
  constant,
  cosine,
  cosineRestarts,
  cyclic,
  delay,
  exponential,
  inverseSqrt,
  join,
  linear,
  multiStep,
  oneCycle,
  piecewise,
  polynomial,
  step,
  warmup,
  wsd,
} = schedules;

const span = { from: 1, steps: STEPS };
const points = [
  [0, 1],
  [60, 0.4],
  [120, 0.7],
  [180, 0.1],
] as const;
const stages = { peak: 1, warmupSteps: 20, stableSteps: 100, decaySteps: 80 };

/** A loss that stops falling twice. */
const loss: Schedule = piecewise({
  points: [
    [0, 0.95],
    [40, 0.5],
    [90, 0.5],
    [120, 0.3],
    [200, 0.3],
  ],
  interpolation: 'cosine',
});

/** What lr is in each step of a training with that loss, where it is reduced once in ten steps without improvement. */
function reducedOnPlateau(): Schedule {
  const target = { lr: 1 };
  const plateau = new ReduceOnPlateau(target, { factor: 0.5, patience: 10, cooldown: 10 });
  const lrs = Array.from({ length: STEPS + 1 }, (_, at) => {
    const { lr } = target;
    plateau.step(loss(at));
    return lr;
  });
  return (at) => lrs[at];
}

export const panels: readonly Panel[] = [
  { name: 'constant', curves: [{ label: 'value 0.6', schedule: constant(0.6) }] },
  {
    name: 'linear',
    curves: [
      { label: 'to 0', schedule: linear(span) },
      { label: 'from 0.2 to 0.8', schedule: linear({ from: 0.2, to: 0.8, steps: 120 }) },
    ],
  },
  {
    name: 'polynomial',
    curves: [
      { label: 'power 2', schedule: polynomial({ ...span, power: 2 }) },
      { label: 'power 0.5', schedule: polynomial({ ...span, power: 0.5 }) },
    ],
  },
  {
    name: 'cosine',
    curves: [
      { label: 'to 0', schedule: cosine(span) },
      { label: 'to 0.2, exponent 2', schedule: cosine({ ...span, to: 0.2, exponent: 2 }) },
    ],
  },
  {
    name: 'exponential',
    curves: [
      { label: 'gamma 0.98', schedule: exponential({ from: 1, gamma: 0.98 }) },
      {
        label: 'gamma 0.7, steps 30, staircase',
        schedule: exponential({ from: 1, gamma: 0.7, steps: 30, staircase: true }),
      },
    ],
  },
  {
    name: 'inverseSqrt',
    curves: [
      { label: 'timescale 20', schedule: inverseSqrt({ from: 1, timescale: 20 }) },
      {
        label: 'after a warm-up',
        schedule: warmup(inverseSqrt({ from: 0.8, timescale: 40 }), { steps: 40 }),
      },
    ],
  },
  {
    name: 'step',
    curves: [{ label: 'stepSize 45, gamma 0.5', schedule: step({ from: 1, stepSize: 45, gamma: 0.5 }) }],
  },
  {
    name: 'multiStep',
    curves: [
      {
        label: 'milestones 80, 120, 180, gamma 0.4',
        schedule: multiStep({ from: 1, milestones: [80, 120, 180], gamma: 0.4 }),
      },
    ],
  },
  {
    name: 'piecewise',
    curves: [
      { label: 'constant', schedule: piecewise({ points }) },
      { label: 'cosine', schedule: piecewise({ points, interpolation: 'cosine' }) },
    ],
  },
  {
    name: 'cosineRestarts',
    curves: [
      { label: 'steps 50', schedule: cosineRestarts({ from: 1, steps: 50, cycles: 4 }) },
      {
        label: 'steps 28, growth 2, gamma 0.7',
        schedule: cosineRestarts({ from: 1, steps: 28, growth: 2, gamma: 0.7, cycles: 3 }),
      },
    ],
  },
  {
    name: 'cyclic',
    curves: [
      { label: 'triangular2', schedule: cyclic({ from: 0.1, peak: 1, stepsUp: 25, mode: 'triangular2' }) },
      { label: 'stepsUp 10, stepsDown 40', schedule: cyclic({ from: 0.1, peak: 0.5, stepsUp: 10, stepsDown: 40 }) },
    ],
  },
  {
    name: 'oneCycle',
    curves: [
      { label: 'defaults', schedule: oneCycle({ peak: 1, steps: STEPS }) },
      {
        label: 'linear, threePhase, divFactor 5',
        schedule: oneCycle({ peak: 0.7, steps: STEPS, anneal: 'linear', threePhase: true, divFactor: 5 }),
      },
    ],
  },
  {
    name: 'wsd',
    curves: [
      { label: 'decay cosine', schedule: wsd(stages) },
      { label: '1-sqrt, to 0.1', schedule: wsd({ ...stages, decayShape: '1-sqrt', to: 0.1 }) },
    ],
  },
  {
    name: 'warmup',
    curves: [
      { label: 'around cosine', schedule: warmup(cosine({ from: 1, steps: 160 }), { steps: 40 }) },
      {
        label: 'around step, shape cosine',
        schedule: warmup(step({ from: 0.7, stepSize: 60, gamma: 0.5 }), { steps: 50, shape: 'cosine' }),
      },
    ],
  },
  {
    name: 'delay',
    curves: [{ label: 'linear, 60 steps later', schedule: delay(linear({ from: 1, steps: 140 }), { steps: 60 }) }],
  },
  {
    name: 'join',
    curves: [
      {
        label: 'linear, constant, cosine',
        schedule: join(
          [linear({ from: 0.2, to: 1, steps: 40 }), constant(0.7), cosine({ from: 0.7, steps: 100 })],
          [40, 100],
        ),
      },
    ],
  },
  {
    name: 'chain',
    curves: [
      {
        label: 'cosine times cyclic',
        schedule: chain([cosine(span), cyclic({ from: 0.5, peak: 1, stepsUp: 10 })]),
      },
    ],
  },
  {
    name: 'ReduceOnPlateau',
    curves: [{ label: 'factor 0.5, patience 10, cooldown 10', schedule: reducedOnPlateau() }],
    background: { label: 'loss', schedule: loss },
  },
];
