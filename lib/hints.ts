// Which option an unknown name means: a misspelt one, or one that has this name in another system.

import { describe, type LockstepError, typeError } from './errors.js';

/** An option, and its names in other systems. */
interface Synonyms {
  readonly option: string;
  /** Upper and lower case, underscores and hyphens do not matter. */
  readonly names: readonly string[];
  /** How the option is written, where that is not clear from its name. */
  readonly form?: string;
  /** The names mean `option` only in optimizers that have this option, too: `rho` means `alpha` in RMSprop, which has `centered`. */
  readonly beside?: string;
}

/** The names that PyTorch, timm, Keras, Optax, TensorFlow.js, papers and trainers have for options. */
const synonyms: readonly Synonyms[] = [
  { option: 'alpha', beside: 'centered', names: ['rho', 'decay', 'beta', 'beta2', 'b2'] },
  { option: 'rho', names: ['decay', 'beta', 'alpha'] },
  { option: 'lr', names: ['learningRate', 'learnRate', 'stepSize', 'eta', 'alpha', 'initialLearningRate', 'baseLr'] },
  { option: 'eps', names: ['epsilon'] },
  {
    option: 'betas',
    names: ['beta1', 'beta2', 'beta3', 'b1', 'b2', 'b3', 'rho', 'momentum'],
    form: 'betas: [beta1, beta2, …]',
  },
  { option: 'momentum', names: ['mu', 'beta', 'beta1', 'b1', 'momentumFactor'] },
  { option: 'momentumDecay', names: ['scheduleDecay'] },
  { option: 'nesterov', names: ['useNesterov'] },
  {
    option: 'weightDecayMode',
    names: ['decoupledWeightDecay', 'decoupledDecay', 'decoupleWeightDecay', 'decoupled'],
    form: "weightDecayMode: 'decoupled'",
  },
  { option: 'weightDecay', names: ['decay', 'wd', 'l2', 'l2Penalty', 'weightDecayRate'] },
  { option: 'lrDecay', names: ['decay', 'learningRateDecay'] },
  { option: 'initialAccumulator', names: ['initialAccumulatorValue'] },
  { option: 'epsPlace', names: ['epsInSqrt'], form: "epsPlace: 'inside'" },
  { option: 'cautious', names: ['caution'] },
  { option: 'clip', names: ['useClipping', 'clipExp'] },
  { option: 'trustCoefficient', names: ['trustCoeff'] },
  { option: 'power', names: ['learningRatePower', 'lrPower'] },
  { option: 'l1', names: ['l1RegularizationStrength'] },
  { option: 'l2', names: ['l2RegularizationStrength'] },
  { option: 'etas', names: ['etaMinus', 'etaPlus'], form: 'etas: [etaMinus, etaPlus]' },
  { option: 'stepSizes', names: ['minStepSize', 'maxStepSize'], form: 'stepSizes: [min, max]' },
  { option: 'warmupSteps', names: ['warmup', 'numWarmupSteps'] },
  {
    option: 'clipNorm',
    names: [
      'clipGradNorm',
      'maxGradNorm',
      'maxNorm',
      'globalClipNorm',
      'clipByGlobalNorm',
      'gradClipNorm',
      'gradientClipNorm',
      'gradientClipVal',
      'gradientClipping',
      'gradClip',
      'clip',
    ],
  },
  { option: 'clipTensorNorm', names: ['clipnorm', 'clipByNorm'] },
  { option: 'clipValue', names: ['clipGradValue', 'clipByValue', 'clip', 'gradClip'] },
  { option: 'ema', names: ['useEma', 'emaDecay', 'emaMomentum'], form: 'ema: { decay: 0.999 }' },
  { option: 'swa', names: ['useSwa', 'swaStart', 'swaFreq'], form: 'swa: { start: 1, every: 1 }' },
  {
    option: 'accumulate',
    names: [
      'gradientAccumulationSteps',
      'gradAccumSteps',
      'accumulationSteps',
      'accumulateGradBatches',
      'everyKSchedule',
    ],
  },
  { option: 'gradScale', names: ['lossScale', 'lossScaleFactor', 'scale'], form: 'gradScale: 1 / scale' },
  { option: 'nonFinite', names: ['errorIfNonfinite', 'skipNonfinite', 'skipNan'], form: "nonFinite: 'skip'" },
  { option: 'threads', names: ['numThreads', 'nThreads'] },
  // Of schedules.
  {
    option: 'from',
    names: ['lr', 'learningRate', 'initialLearningRate', 'initValue', 'initLr', 'baseLr', 'baseValue'],
  },
  { option: 'to', names: ['endValue', 'etaMin', 'minLr', 'endLr', 'finalValue'] },
  { option: 'peak', names: ['maxLr', 'peakValue', 'peakLr'] },
  { option: 'steps', names: ['tMax', 'totalSteps', 'decaySteps', 'transitionSteps', 'numTrainingSteps', 'totalIters'] },
  { option: 'gamma', names: ['decayRate', 'factor'] },
];

/** Options of other systems that lockstep does not have, though their names are near those of options that it has. */
const withoutCounterpart: readonly string[] = ['clipValueFn', 'epsRoot', 'weightDecayMask'];

interface Candidate {
  readonly option: string;
  readonly form?: string;
  readonly distance: number;
}

/** The error for an unknown option: it names the option that was meant or, where none is near, all known options. */
export function unknownOption(given: string, known: readonly string[]): LockstepError {
  const meant = meantBy(given, known);
  const [{ form } = {}] = meant;
  const names = meant.map(({ option }) => `'${option}'`).join(' or ');
  const hint =
    meant.length === 0
      ? `known are ${known.join(', ')}`
      : `did you mean ${names}?${meant.length > 1 || form === undefined ? '' : ` (${form})`}`;
  return typeError('ERR_INVALID_OPTION', `unknown option ${describe(given)}: ${hint}`);
}

/** The known options that are called `given` here or elsewhere; where there are none, the one with the nearest name. */
function meantBy(given: string, known: readonly string[]): readonly Candidate[] {
  const name = plain(given);
  if (withoutCounterpart.some((each) => plain(each) === name)) return [];
  const all = [
    ...known.map((option) => ({ option, distance: editDistance(name, plain(option)) })),
    ...synonyms
      .filter(({ option, beside = option }) => known.includes(option) && known.includes(beside))
      .flatMap(({ option, form, names }) =>
        names.map((each) => ({ option, form, distance: editDistance(name, plain(each)) })),
      ),
  ];
  const exact = all.filter(({ distance }) => distance === 0);
  if (exact.length > 0) return exact;
  const nearest = all.reduce((best, candidate) => (candidate.distance < best.distance ? candidate : best));
  return nearest.distance <= Math.min(3, Math.floor((name.length - 1) / 2)) ? [nearest] : [];
}

/** `weight_decay` and `weightDecay` are the same name. */
function plain(name: string): string {
  return name.slice(0, 64).replace(/[-_]/g, '').toLowerCase();
}

/** How many letters to insert, delete, replace or swap with the next. */
function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    before = row;
    row = next;
  }
  return row[to.length];
}
