// Random histories: what a program may do with an optimizer, in any order, done twice. Once as it is, and once with every step
// forced the long way, which decides everything anew. Bits, reports, errors, state and step counts must be the same after each act.
//
// A step takes a short way when only its step count, its gradients' arrays or its coefficients can differ from the step before.
// Whatever should have ended the short way, and did not, shows here.

import { backend, type FloatArray } from 'lockstep';
import { type OptimizerCase, optimizers } from './optimizers.js';
import { fillOrdinary, fillSpecial, Random } from './random.js';

/** The members of an optimizer that a history uses, whatever its class. */
interface Subject {
  readonly groups: readonly Record<string, unknown>[];
  readonly pipeline: Record<string, unknown>;
  readonly state: object;
  readonly averages: object;
  step(grads?: unknown, options?: object): object;
  bindGrads(grads: unknown): void;
  flush(): object;
  drop(): number;
  addGroup(group: object): void;
  swapAverages(): void;
  train?(): void;
  eval?(): void;
}

type Shape = { readonly name: string; readonly length: number; readonly type: 'f32' | 'f64' };

/** Gradients by the parameter's number; `null` where a parameter has none. */
type GradSet = (FloatArray | null)[];

/** One optimizer with its arrays. Two worlds of a history hold equal values in different memory. */
class World {
  readonly params: FloatArray[] = [];
  readonly names: string[] = [];
  readonly sets: GradSet[] = [];
  readonly isList: boolean;
  readonly random: Random;
  optimizer!: Subject;

  constructor(isList: boolean, seed: number) {
    this.isList = isList;
    this.random = new Random(seed);
  }

  add(shapes: readonly Shape[]): unknown {
    const added = shapes.map(({ length, type }) => this.filled(length, type, fillOrdinary));
    this.params.push(...added);
    this.names.push(...shapes.map(({ name }) => name));
    return this.isList ? added : Object.fromEntries(added.map((array, i) => [shapes[i].name, array]));
  }

  filled(length: number, type: Shape['type'], fill: typeof fillOrdinary): FloatArray {
    const array = type === 'f32' ? new Float32Array(length) : new Float64Array(length);
    fill(array, this.random);
    return array;
  }

  /** As the user hands gradients over: a list or a record. */
  given(set: GradSet): unknown {
    return this.isList ? [...set] : Object.fromEntries(set.map((grad, i) => [this.names[i], grad]));
  }
}

/** Done in both worlds alike. */
interface Act {
  readonly name: string;
  run(world: World): unknown;
}

export interface HistoryOptions {
  readonly seed: number;
  /** How many acts. */
  readonly length?: number;
}

export interface History {
  readonly seed: number;
  readonly title: string;
  readonly acts: readonly string[];
  /** What differed, after which act, or an error without a code; `undefined` where nothing is wrong. */
  readonly fault: string | undefined;
  /** How many steps updated a parameter. */
  readonly steps: number;
}

const programError = 'an error of the program that calls';

const lengths = [0, 1, 2, 7, 8, 15, 16, 17, 33, 64, 100, 257];
const lrs = [0.1, 0.01, 1e-3, 0.5];

/** Every option around the rule that may change between steps, with values worth trying. */
const pipelineValues: Readonly<Record<string, readonly unknown[]>> = {
  gradScale: [1, 0.5, 3],
  clipNorm: [Infinity, 0.1, 10],
  clipTensorNorm: [Infinity, 0.2],
  clipValue: [Infinity, 0.3],
  nonFinite: ['propagate', 'skip', 'throw'],
  zeroGrad: [false, true],
  gradNorm: [false, true],
  accumulateMode: ['mean', 'sum'],
};

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)];

/** Acts and how often each is done, relative to the others. */
function actsOf(random: Random): Act {
  const setIndex = random.below(3);
  const seed = random.uint32();
  const fill = random.below(12) === 0 ? fillSpecial : fillOrdinary;
  const nulls = random.below(5) === 0 ? random.uint32() : 0;

  /** A set of gradients in arrays of their own, some of them null. */
  const fresh = (world: World, from = seed): GradSet => {
    const values = new Random(from);
    return world.params.map((param, i) => {
      if ((nulls >>> (i % 8)) & 1) return null;
      const grad = param instanceof Float32Array ? new Float32Array(param.length) : new Float64Array(param.length);
      fill(grad, values);
      return grad;
    });
  };

  /** One of three sets that steps share, made when a history first asks for it. */
  const known = (world: World): GradSet => {
    const set = world.sets[setIndex];
    if (set === undefined || set.length !== world.params.length) world.sets[setIndex] = fresh(world);
    return world.sets[setIndex];
  };

  const step = (name: string, run: (world: World) => unknown): readonly [number, Act] => [1, { name, run }];
  const often = (weight: number, [, act]: readonly [number, Act]) => [weight, act] as const;
  const value = random.below(4);
  const option = pick(random, Object.keys(pipelineValues));

  const table: readonly (readonly [number, Act])[] = [
    often(
      14,
      step('step()', ({ optimizer }) => optimizer.step()),
    ),
    often(
      6,
      step('step(fresh)', (world) => world.optimizer.step(world.given(fresh(world)))),
    ),
    often(
      8,
      step(`step(set ${setIndex})`, (world) => world.optimizer.step(world.given(known(world)))),
    ),
    often(
      3,
      step(`fill set ${setIndex}`, (world) => {
        const values = new Random(seed);
        for (const grad of known(world)) if (grad !== null) fill(grad, values);
      }),
    ),
    often(
      3,
      step(`bindGrads(set ${setIndex})`, (world) => world.optimizer.bindGrads(world.given(known(world)))),
    ),
    often(
      3,
      step('step(gradScale)', ({ optimizer }) => optimizer.step(undefined, { gradScale: [1, 2, 0.25, 1][value] })),
    ),
    often(
      2,
      step('step([two])', (world) =>
        world.optimizer.step([world.given(fresh(world)), world.given(fresh(world, seed + 1))]),
      ),
    ),
    often(
      3,
      step('lr', ({ optimizer }) => {
        const group = optimizer.groups[seed % optimizer.groups.length];
        if ('lr' in group) group.lr = lrs[value];
      }),
    ),
    often(
      1,
      step('lr = schedule', ({ optimizer }) => {
        const group = optimizer.groups[seed % optimizer.groups.length];
        if ('lr' in group) group.lr = (t: number) => lrs[value] / (1 + t);
      }),
    ),
    often(
      1,
      step('weightDecay', ({ optimizer }) => {
        const [group] = optimizer.groups;
        if ('weightDecay' in group) group.weightDecay = [0, 0.01, 0.1, 0][value];
      }),
    ),
    often(
      3,
      step(`pipeline.${option}`, ({ optimizer }) => {
        const values = pipelineValues[option];
        if (option in optimizer.pipeline) optimizer.pipeline[option] = values[value % values.length];
      }),
    ),
    step('lr refused', ({ optimizer }) => {
      optimizer.groups[0].lr = Number.NaN;
    }),
    step('step(too short)', (world) => {
      const set = fresh(world);
      const i = seed % set.length;
      set[i] = new Float32Array(world.params[i].length + 1);
      return world.optimizer.step(world.given(set));
    }),
    step('step(own params)', (world) => world.optimizer.step(world.given([...world.params]))),
    step('step(missing)', (world) => world.optimizer.step(world.isList ? [] : {})),
    step('step(getter throws)', (world) => {
      const grads = world.given(fresh(world)) as object;
      Object.defineProperty(grads, Object.keys(grads)[0], {
        get() {
          throw new Error(programError);
        },
      });
      return world.optimizer.step(grads);
    }),
    step('detach a gradient', (world) => {
      const grad = known(world)[seed % world.params.length];
      if (grad !== null) structuredClone(grad.buffer, { transfer: [grad.buffer as ArrayBuffer] });
      world.sets[setIndex] = fresh(world);
    }),
    step('addGroup', (world) => {
      if (world.params.length > 8) return;
      const count = world.params.length;
      const shape = { name: `added${count}`, length: lengths[seed % lengths.length], type: 'f32' } as const;
      const params = world.add([shape]);
      try {
        world.optimizer.addGroup({ params });
      } catch (error) {
        world.params.length = world.names.length = count;
        throw error;
      }
    }),
    step('swapAverages twice', ({ optimizer }) => {
      optimizer.swapAverages();
      optimizer.swapAverages();
    }),
    step('swapAverages, step, swapAverages', ({ optimizer }) => {
      optimizer.swapAverages();
      try {
        return optimizer.step();
      } finally {
        optimizer.swapAverages();
      }
    }),
    step('eval, step, train', ({ optimizer }) => {
      optimizer.eval?.();
      try {
        return optimizer.eval === undefined ? undefined : optimizer.step();
      } finally {
        optimizer.train?.();
      }
    }),
    step('flush', ({ optimizer }) => optimizer.flush()),
    step('drop', ({ optimizer }) => optimizer.drop()),
    step('averages', ({ optimizer }) => optimizer.averages),
  ];
  const total = table.reduce((sum, [weight]) => sum + weight, 0);
  let at = random.below(total);
  const found = table.find(([weight]) => {
    at -= weight;
    return at < 0;
  });
  return (found ?? table[0])[1];
}

/** Options around the rule that an optimizer is made with. */
function pipelineOf(random: Random): Readonly<Record<string, unknown>> {
  const kinds: readonly Readonly<Record<string, unknown>>[] = [
    {},
    {},
    {},
    { ema: { decay: 0.9, warmup: true, debias: true } },
    { ema: {} },
    { swa: { start: 3, every: 2 } },
    { accumulate: 3 },
    { accumulate: 2, ema: { decay: 0.5 } },
    { clipNorm: 0.5, nonFinite: 'skip' },
    { zeroGrad: true },
  ];
  return pick(random, kinds);
}

function create(chosen: OptimizerCase, params: unknown, options: object): Subject {
  return chosen.create(params, options) as unknown as Subject;
}

/** What an act came to: what it answered with or threw, as text that two worlds can be compared by. */
function outcomeOf(act: Act, world: World): string {
  try {
    const answer = act.run(world);
    return answer === undefined ? 'nothing' : print(answer);
  } catch (error) {
    const { name, message, code } = error as Error & { readonly code?: string };
    return `${name} ${code ?? 'without a code'}: ${message}`;
  }
}

/** Arrays by their bits, and everything else by its value. */
function print(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (ArrayBuffer.isView(each)) return Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString('base64');
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each);
    return Object.is(each, -0) ? '-0' : each;
  });
}

/** Everything that a step may change. */
function snapshot({ params, optimizer, sets }: World): string {
  return print([params, optimizer.state, sets]);
}

/** Sets options to what they are, of a group and around the rule: each has the next step decide everything anew. */
function forceLongWay({ optimizer: { groups, pipeline } }: World): void {
  const { gradScale } = pipeline;
  pipeline.gradScale = gradScale;
  const flag = Object.keys(groups[0]).find((name) => typeof groups[0][name] === 'boolean');
  if (flag !== undefined) groups[0][flag] = groups[0][flag] === true;
}

const backends = backend().available;

/** Runs one history in two worlds. */
export function runHistory({ seed, length = 60 }: HistoryOptions): History {
  const random = new Random(seed);
  for (let k = 0; k < 8; k++) random.uint32(); // neighbouring seeds give neighbouring numbers at first
  const chosen = pick(random, optimizers);
  const options = { ...pick(random, chosen.valid), ...pipelineOf(random), backend: pick(random, backends) };
  const isList = random.below(2) === 0;
  const shapes = Array.from({ length: 1 + random.below(4) }, (_, i): Shape => {
    return { name: `w${i}`, length: pick(random, lengths), type: random.below(3) === 0 ? 'f64' : 'f32' };
  });
  const title = `${chosen.name} ${JSON.stringify(options)} over ${shapes.map((each) => `${each.type} ${each.length}`).join(', ')}`;
  const valuesSeed = random.uint32();
  const worlds = [new World(isList, valuesSeed), new World(isList, valuesSeed)];
  for (const world of worlds) world.optimizer = create(chosen, world.add(shapes), options);
  const [asItIs, forced] = worlds;
  const acts: string[] = [];
  let fault: string | undefined;
  let steps = 0;
  for (let k = 0; k < length && fault === undefined; k++) {
    const act = actsOf(random);
    acts.push(act.name);
    const outcome = outcomeOf(act, asItIs);
    forceLongWay(forced);
    const expected = outcomeOf(act, forced);
    if (outcome.includes('"stepped":true')) steps++;
    if (/without a code/.test(outcome) && !outcome.includes(programError))
      fault = `after act ${k}, ${act.name}: ${outcome}`;
    else if (outcome !== expected) fault = `after act ${k}, ${act.name}: ${outcome} instead of ${expected}`;
    else if (snapshot(asItIs) !== snapshot(forced)) fault = `after act ${k}, ${act.name}: other bits`;
  }
  return { seed, title, acts, fault, steps };
}
