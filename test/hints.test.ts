// Options under the names that other systems have for them, and options that are given as undefined.

import * as lockstep from 'lockstep';
import { LossScaler, layerDecay, ReduceOnPlateau, SGD, schedules, splitGroups } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { optimizers } from './optimizers.js';

/** Names of an option elsewhere, and the option here; '' where there is none, and an optimizer's own where it has its own. */
type Names = Readonly<Record<string, string>>;

interface System {
  readonly name: string;
  /** What all of its optimizers take, or what its trainers do around them. */
  readonly common: Names;
  readonly optimizers: Readonly<Record<string, Names>>;
}

const torchCommon = { foreach: '', capturable: '', differentiable: '', maximize: 'maximize' };
const torchL2 = { ...torchCommon, weight_decay: 'weightDecay' };
const torchAdam = { ...torchL2, fused: '', amsgrad: 'amsgrad', decoupled_weight_decay: 'weightDecayMode' };
const kerasMoments = { beta_1: 'betas', beta_2: 'betas', epsilon: 'eps' };
const optaxMoments = { b1: 'betas', b2: 'betas', eps: 'eps', eps_root: '', mu_dtype: '' };
const optaxDecay = { weight_decay: 'weightDecay', mask: '' };
const tfjsMoments = { beta1: 'betas', beta2: 'betas', epsilon: 'eps' };
const timm = { weight_decay: 'weightDecay', foreach: '' };

const systems: readonly System[] = [
  {
    name: 'PyTorch',
    common: { lr: 'lr', max_norm: 'clipNorm', clip_grad_norm: 'clipNorm', clip_value: 'clipValue' },
    optimizers: {
      SGD: { ...torchL2, fused: '', momentum: 'momentum', dampening: 'dampening', nesterov: 'nesterov' },
      Adagrad: {
        ...torchL2,
        fused: '',
        lr_decay: 'lrDecay',
        initial_accumulator_value: 'initialAccumulator',
        eps: 'eps',
      },
      Adam: { ...torchAdam, betas: 'betas', eps: 'eps' },
      AdamW: { ...torchAdam, betas: 'betas', eps: 'eps' },
      Adamax: { ...torchL2, betas: 'betas', eps: 'eps' },
      RAdam: { ...torchL2, betas: 'betas', eps: 'eps', decoupled_weight_decay: 'weightDecayMode' },
      NAdam: {
        ...torchL2,
        betas: 'betas',
        eps: 'eps',
        momentum_decay: 'momentumDecay',
        decoupled_weight_decay: 'weightDecayMode',
      },
      RMSprop: { ...torchL2, alpha: 'alpha', eps: 'eps', centered: 'centered', momentum: 'momentum' },
      Adadelta: { ...torchL2, rho: 'rho', eps: 'eps' },
      Rprop: { ...torchCommon, etas: 'etas', step_sizes: 'stepSizes' },
      ASGD: { ...torchL2, lambd: 'lambd', alpha: 'alpha', t0: 't0' },
    },
  },
  {
    name: 'timm and the authors',
    common: { lr: 'lr', max_grad_norm: 'clipNorm' },
    optimizers: {
      LAMB: { ...timm, betas: 'betas', eps: 'eps', bias_correction: '', trust_clip: 'trustClip', always_adapt: '' },
      LARS: { ...timm, momentum: 'momentum', trust_coeff: 'trustCoefficient', nesterov: 'nesterov', trust_clip: '' },
      ADOPT: {
        ...timm,
        betas: 'betas',
        eps: 'eps',
        clip_exp: 'clip',
        decoupled: 'weightDecayMode',
        caution: 'cautious',
      },
      AdaBelief: { ...timm, betas: 'betas', eps: 'eps', decoupled_decay: 'weightDecayMode' },
      Lion: { ...timm, betas: 'betas', caution: 'cautious' },
      Adan: { ...timm, betas: 'betas', eps: 'eps', no_prox: 'noProx' },
      ScheduleFreeAdamW: {
        ...timm,
        betas: 'betas',
        warmup_steps: 'warmupSteps',
        r: 'r',
        weight_lr_power: 'weightLrPower',
      },
      ScheduleFreeSGD: { ...timm, momentum: 'momentum', warmup_steps: 'warmupSteps', weight_lr_power: 'weightLrPower' },
    },
  },
  {
    name: 'Keras',
    common: {
      learning_rate: 'lr',
      clipvalue: 'clipValue',
      clipnorm: 'clipTensorNorm',
      global_clipnorm: 'clipNorm',
      use_ema: 'ema',
      ema_momentum: 'ema',
      ema_overwrite_frequency: '',
      loss_scale_factor: 'gradScale',
      gradient_accumulation_steps: 'accumulate',
      name: '',
    },
    optimizers: {
      SGD: { weight_decay: 'weightDecay', momentum: 'momentum', nesterov: 'nesterov' },
      Momentum: { weight_decay: 'weightDecay', momentum: 'momentum', nesterov: 'nesterov' },
      Adagrad: { weight_decay: 'weightDecay', initial_accumulator_value: 'initialAccumulator', epsilon: 'eps' },
      Adam: { weight_decay: 'weightDecay', ...kerasMoments, amsgrad: 'amsgrad' },
      AdamW: { weight_decay: 'weightDecay', ...kerasMoments, amsgrad: 'amsgrad' },
      Adamax: { weight_decay: 'weightDecay', ...kerasMoments },
      NAdam: { weight_decay: 'weightDecay', ...kerasMoments },
      LAMB: { weight_decay: 'weightDecay', ...kerasMoments },
      RMSprop: {
        weight_decay: 'weightDecay',
        rho: 'alpha',
        momentum: 'momentum',
        epsilon: 'eps',
        centered: 'centered',
      },
      Adadelta: { weight_decay: 'weightDecay', rho: 'rho', epsilon: 'eps' },
      Lion: { weight_decay: 'weightDecay', beta_1: 'betas', beta_2: 'betas' },
      FTRL: {
        weight_decay: 'weightDecay',
        learning_rate_power: 'power',
        initial_accumulator_value: 'initialAccumulator',
        l1_regularization_strength: 'l1',
        l2_regularization_strength: 'l2',
        l2_shrinkage_regularization_strength: '',
        beta: 'beta',
      },
    },
  },
  {
    name: 'Optax',
    common: { learning_rate: 'lr', max_norm: 'clipNorm', every_k_schedule: 'accumulate' },
    optimizers: {
      SGD: { momentum: 'momentum', nesterov: 'nesterov', accumulator_dtype: '' },
      Adagrad: { initial_accumulator_value: 'initialAccumulator', eps: 'eps' },
      Adam: optaxMoments,
      AdamW: { ...optaxMoments, ...optaxDecay },
      Adamax: { b1: 'betas', b2: 'betas', eps: 'eps' },
      RAdam: { b1: 'betas', b2: 'betas', eps: 'eps', eps_root: '', threshold: '' },
      RMSprop: { decay: 'alpha', eps: 'eps', initial_scale: '', eps_in_sqrt: 'epsPlace', centered: 'centered' },
      Adadelta: { rho: 'rho', eps: 'eps', weight_decay: 'weightDecay', weight_decay_mask: '' },
      Lion: { b1: 'betas', b2: 'betas', mu_dtype: '', ...optaxDecay },
      Signum: { beta: 'momentum' },
      AdaBelief: { b1: 'betas', b2: 'betas', eps: 'eps', eps_root: '' },
      Adan: { b1: 'betas', b2: 'betas', b3: 'betas', eps: 'eps', eps_root: '', ...optaxDecay },
      ADOPT: { b1: 'betas', b2: 'betas', eps: 'eps', mu_dtype: '', use_clipping: 'clip', clip_value_fn: '' },
      NAdam: { ...optaxMoments, ...optaxDecay },
      LAMB: { ...optaxMoments, ...optaxDecay },
      LARS: {
        weight_decay: 'weightDecay',
        weight_decay_mask: '',
        trust_coefficient: 'trustCoefficient',
        eps: 'eps',
        trust_ratio_mask: '',
        momentum: 'momentum',
        nesterov: 'nesterov',
      },
      ScheduleFreeAdamW: { warmup_steps: 'warmupSteps', b1: 'betas', b2: 'betas', eps: 'eps', state_dtype: '' },
      ScheduleFreeSGD: { warmup_steps: 'warmupSteps', b1: 'momentum', weight_decay: 'weightDecay', state_dtype: '' },
    },
  },
  {
    name: 'TensorFlow.js',
    common: { learningRate: 'lr' },
    optimizers: {
      SGD: { momentum: 'momentum', useNesterov: 'nesterov' },
      Adagrad: { initialAccumulatorValue: 'initialAccumulator' },
      RMSprop: { decay: 'alpha', momentum: 'momentum', epsilon: 'eps', centered: 'centered' },
      Adadelta: { rho: 'rho', epsilon: 'eps' },
      Adam: tfjsMoments,
      Adamax: tfjsMoments,
    },
  },
];

/** What the error for this option says, or '' where the option is there under this name. */
function messageFor(create: (params: unknown, options?: unknown) => unknown, option: string): string {
  try {
    create([new Float32Array(1)], { [option]: Symbol('no value that any option takes') });
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' });
    return (error as Error).message;
  }
  throw new Error(`${option} was taken`);
}

describe.each(systems)('the names of $name', ({ common, optimizers: theirs }) => {
  test.each(Object.entries(theirs))('%s', (name, own) => {
    const { create } = optimizers.find((candidate) => candidate.name === name) ?? expect.unreachable(name);
    for (const [option, here] of Object.entries({ ...common, ...own })) {
      const message = messageFor(create, option);
      if (option === here) expect(message).toMatch(new RegExp(`^${option} must be`));
      else if (here === '') expect(message).toMatch(new RegExp(`^unknown option '${option}': known are .*lr`));
      else expect(message).toMatch(new RegExp(`^unknown option '${option}': did you mean .*'${here}'`));
    }
  });
});

test('the walk over the systems meets every optimizer', () => {
  const met = new Set(systems.flatMap((system) => Object.keys(system.optimizers)));
  expect([...met].sort()).toEqual(optimizers.map(({ name }) => name).sort());
});

describe('what the hint says', () => {
  const adam = (option: string) =>
    messageFor((params, options) => new lockstep.Adam(params as [], options as object), option);

  test.each([
    ['learningRate', "did you mean 'lr'?"],
    ['learning_rate', "did you mean 'lr'?"],
    ['LearningRate', "did you mean 'lr'?"],
    ['learningRat', "did you mean 'lr'?"],
    ['alpha', "did you mean 'lr'?"],
    ['epsilon', "did you mean 'eps'?"],
    ['beta1', "did you mean 'betas'? (betas: [beta1, beta2, …])"],
    ['beta', "did you mean 'betas'?"],
    ['rho', "did you mean 'betas'? (betas: [beta1, beta2, …])"],
    ['decay', "did you mean 'weightDecay'?"],
    ['weight_decay', "did you mean 'weightDecay'?"],
    ['weight-decay', "did you mean 'weightDecay'?"],
    ['weigth_decay', "did you mean 'weightDecay'?"],
    ['clipGradNorm', "did you mean 'clipNorm'?"],
    ['maxGradNorm', "did you mean 'clipNorm'?"],
    ['clipnorm', "did you mean 'clipNorm' or 'clipTensorNorm'?"],
    ['emaDecay', "did you mean 'ema'? (ema: { decay: 0.999 })"],
    ['zero_grad', "did you mean 'zeroGrad'?"],
  ])('%s', (option, hint) => {
    expect(adam(option)).toBe(`unknown option '${option}': ${hint}`);
  });

  test('alpha and decay of RMSprop are not those of others', () => {
    const { create } = optimizers.find(({ name }) => name === 'RMSprop') ?? expect.unreachable();
    expect(messageFor(create, 'decay')).toBe("unknown option 'decay': did you mean 'alpha' or 'weightDecay'?");
    const asgd = optimizers.find(({ name }) => name === 'ASGD') ?? expect.unreachable();
    expect(messageFor(asgd.create, 'rho')).toMatch(/^unknown option 'rho': known are/);
  });

  test('names of schedules', () => {
    const { cosine, oneCycle } = schedules as unknown as Record<string, (options: object) => unknown>;
    expect(() => cosine({ lr: 1, steps: 5 })).toThrow("unknown option 'lr': did you mean 'from'?");
    expect(() => cosine({ from: 1, T_max: 5 })).toThrow("unknown option 'T_max': did you mean 'steps'?");
    expect(() => cosine({ from: 1, steps: 5, eta_min: 0 })).toThrow("unknown option 'eta_min': did you mean 'to'?");
    expect(() => oneCycle({ max_lr: 1, steps: 5 })).toThrow("unknown option 'max_lr': did you mean 'peak'?");
  });

  test.each([
    [{ ema: 0.99 }, 'ema must be an object or null, received 0.99: did you mean ema: { decay: 0.99 }?'],
    [{ ema: 99 }, 'ema must be an object or null, received 99: did you mean ema: { decay: 0.999 }?'],
    [{ ema: true }, 'ema must be an object or null, received true: for its defaults give ema: {}'],
    [{ ema: 'yes' }, "ema must be an object or null, received 'yes'"],
    [{ swa: 5 }, 'swa must be an object or null, received 5: did you mean swa: { start: 5 }?'],
  ])('%o', (options, message) => {
    for (const { create } of optimizers) expect(() => create([new Float32Array(1)], options)).toThrow(message);
  });
});

describe('an option that is given as undefined is not given', () => {
  const undefinedFor = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
  const common = ['backend', 'threads', 'gradScale', 'clipNorm', 'clipNormForm', 'clipTensorNorm', 'clipValue'];
  const pipeline = ['nonFinite', 'zeroGrad', 'ema', 'swa', 'accumulate', 'accumulateMode'];

  test.each(optimizers)('$name: of the optimizer and of a group', ({ create, defaults }) => {
    const w = () => new Float32Array(1);
    const absent = undefinedFor([...Object.keys(defaults), ...common, ...pipeline]);
    const given = create([w()], absent);
    const plain = create([w()]);
    expect({ ...given.groups[0] }).toEqual(defaults);
    expect(given).toMatchObject({ backend: plain.backend });
    expect({ ...(given as unknown as SGD<[]>).pipeline }).toEqual({ ...(plain as unknown as SGD<[]>).pipeline });
    const grouped = create([{ params: [w()], ...undefinedFor(Object.keys(defaults)) }, { params: [w()] }], { lr: 0.5 });
    expect(grouped.groups.map((group) => ({ ...group }))).toEqual([
      { ...defaults, lr: 0.5 },
      { ...defaults, lr: 0.5 },
    ]);
  });

  test('the defaults of a dialect stand', () => {
    const { create } = optimizers.find(({ name }) => name === 'Adam') ?? expect.unreachable();
    const { groups } = create([new Float32Array(1)], { dialect: 'keras', eps: undefined, weightDecayMode: undefined });
    expect(groups[0]).toMatchObject({ eps: 1e-7, weightDecayMode: 'decoupled' });
  });

  test('in ema and swa, in the options of a step, in addGroup', () => {
    const sgd = new SGD(
      [new Float32Array(1)],
      bad({ ema: { decay: undefined, warmup: undefined, debias: undefined } }),
    );
    expect(sgd.pipeline.ema).toEqual({ decay: 0.999, warmup: false, debias: false });
    const { pipeline } = new SGD([new Float32Array(1)], bad({ swa: { start: undefined, every: 2 } }));
    expect(pipeline.swa).toEqual({ start: 1, every: 2 });
    const w = new Float32Array([1]);
    const scaled = new SGD([w], { lr: 1, gradScale: 0.5 });
    scaled.step([new Float32Array([1])], bad({ gradScale: undefined }));
    expect(w[0]).toBe(0.5);
    scaled.addGroup(bad({ params: [new Float32Array(1)], lr: undefined, momentum: undefined }));
    expect({ ...scaled.groups[1] }).toEqual({ ...scaled.groups[0] });
  });

  test('in schedules, LossScaler, ReduceOnPlateau, splitGroups and layerDecay', () => {
    const { cosine, exponential, linear, warmup, constant, cyclic } = schedules;
    const at = (schedule: (step: number) => number) => [0, 1, 2, 3, 7].map(schedule);
    const absent = (options: object, ...names: string[]) => bad({ ...options, ...undefinedFor(names) });
    expect(at(linear(absent({ from: 1, steps: 4 }, 'to')))).toEqual(at(linear({ from: 1, steps: 4 })));
    expect(at(cosine(absent({ from: 1, steps: 4 }, 'to', 'exponent', 'cycles')))).toEqual(
      at(cosine({ from: 1, steps: 4 })),
    );
    const decay = { from: 1, gamma: 0.5 };
    expect(at(exponential(absent(decay, 'steps', 'staircase', 'to')))).toEqual(at(exponential(decay)));
    const cycle = { from: 0, peak: 1, stepsUp: 2 };
    expect(at(cyclic(absent(cycle, 'stepsDown', 'mode', 'gamma')))).toEqual(at(cyclic(cycle)));
    const warm = { steps: 3 };
    expect(at(warmup(constant(1), absent(warm, 'from', 'shape', 'offset')))).toEqual(at(warmup(constant(1), warm)));
    expect(() => linear(absent({ from: 1 }, 'steps'))).toThrow('steps must be an integer >= 1, received undefined');

    expect(new LossScaler(absent({}, 'initScale', 'growthFactor')).scale).toBe(65536);
    const target = { lr: 1 };
    const plateau = new ReduceOnPlateau(target, absent({ patience: 0 }, 'factor', 'mode', 'minLr', 'cooldown'));
    plateau.step(1);
    expect([plateau.step(1), target.lr]).toEqual([true, 0.1]);

    const params = { w: new Float32Array(1), b: new Float32Array(1) };
    const groups = splitGroups(params, [absent({ match: /b/, weightDecay: 0 }, 'lr')]);
    const decayed = layerDecay(groups, absent({ lr: 0.5, decay: 1, layerOf: () => 0 }, 'last'));
    expect(new SGD(decayed as never).groups.map(({ lr }) => lr)).toEqual([0.5, 0.5]);
    expect(() => layerDecay(params, absent({ decay: 1, layerOf: () => 0 }, 'lr'))).toThrow(
      'lr must be a finite number',
    );
    expect(() => layerDecay(bad([{ params, lr: null }]), absent({ lr: 1, decay: 1, layerOf: () => 0 }))).toThrow(
      'lr must be a finite number >= 0, received null',
    );
  });

  test('but setting one to undefined, an answer of a schedule, and a name that there is not are refused', () => {
    expect(() => new SGD([new Float32Array(1)], bad({ lr: () => undefined }))).toThrow(
      'lr of step 0 must be a finite number >= 0, received undefined',
    );
    const sgd = new SGD([new Float32Array(1)]);
    expect(() => {
      sgd.groups[0].momentum = bad(undefined);
    }).toThrow('momentum must be a number >= 0 and < 1, received undefined');
    expect(() => new SGD([new Float32Array(1)], bad({ learningRate: undefined }))).toThrow("did you mean 'lr'?");
  });
});

/** Whatever types allow. */
function bad(value: unknown): never {
  return value as never;
}
