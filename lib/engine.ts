// Runs the steps of every optimizer. All optimizers share this class, so that V8 compiles the code of a step only once.

import { Accumulator } from './accumulator.js';
import { type FloatArray, filledApart } from './arrays.js';
import { Placeholders, swap, thenFinally } from './averages.js';
import type { Definition, Mode } from './definition.js';
import { refuseVanishingEps } from './eps.js';
import { rangeError, typeError } from './errors.js';
import { Group, type Member } from './groups.js';
import { Lines } from './modes.js';
import { nonFiniteMessage } from './non_finite.js';
import { type Measured, Norms, needsNorms } from './norms.js';
import { checkUnchanged, type Param, readParams } from './params.js';
import { firstAverage, keepsAverage, type Pipeline, writeAverageShare } from './pipeline.js';
import {
  type Backend,
  type Control,
  newControl,
  type Plan,
  ruleStart,
  stages,
  stepScalars,
  stepsAhead,
  sums,
  sumsWidth,
} from './plan.js';
import { newReport, resetReport, type StepReport, viewOf } from './report.js';
import { neutralRow, scaleRow } from './rows.js';
import { Sources } from './sources.js';
import { statesOf } from './states.js';
import { worthwhileThreads } from './threads.js';
import { readOnlyView } from './views.js';
import type { Watch } from './watch.js';
import { Written } from './written.js';

export function disposed(name: string) {
  return typeError('ERR_DISPOSED', `${name} was disposed and can no longer be used`);
}

/** What a group is made of. */
export interface GivenGroup<O extends object> {
  readonly params: unknown;
  /** May change between steps. */
  readonly options: Required<O>;
}

/** One optimizer's arrays, bound to a backend, and the only loop over them. */
export class Engine<O extends object> {
  #isDisposed = false;
  readonly #optimizerName: string;
  readonly #definition: Definition<O>;
  readonly #backend: Backend;
  readonly #pipeline: Pipeline;
  /** How many threads a step uses, where the user says. */
  readonly #threads: number | undefined;
  /** Whether params and gradients are lists or records. */
  readonly #isList: boolean;
  #params: readonly Member<O>[] = [];
  #groups: readonly Group<O>[] = [];
  #hasMeasures = false;
  /** Each parameter followed by its state. Held here so that the memory that the plan points into stays alive. */
  #tensors: readonly (readonly FloatArray[])[] = [];
  /** The running average of each parameter, if one is kept. */
  #averages: readonly FloatArray[] = [];
  readonly #placeholders = new Placeholders();
  #hasSwapped = false;
  #sources!: Sources;
  #plan!: Plan;
  #norms!: Norms;
  #control!: Control;
  #accumulator: Accumulator | undefined;
  /** What is being read, where code of the user's may run: getters, proxies, schedules. */
  #reading: 'grads' | 'schedules' | 'params' | undefined;
  /** How many rows of coefficients this step has, and for each the first parameter that it is for. */
  #rowCount = 0;
  readonly #rowFirst: number[] = [];
  /** How many parameters have a gradient in this step. */
  #active = 0;
  /** Whether a step with the bound gradients can repeat the last one, with new coefficients. True between steps only. */
  #canRepeat = false;
  /**
   * True when `step()` may take the quick way: the gradients are those of the last step, a parameter is active, and `gradScale`
   * is unchanged. The quick way checks only that `#repeated` is intact and that coefficients are written ahead.
   */
  #isQuick = false;
  /** How many steps were repeated that `#steps` does not count yet. */
  #uncounted = 0;
  /**
   * The `gradScale` of this step, and the factor that also makes a mean of the gradients. Fields, since V8 boxes doubles that are
   * passed to a call (powers.ts).
   */
  #gradScale = Number.NaN;
  #scale = Number.NaN;
  /** How many steps the coefficients are written for, with which gradScale, and which of them comes next. */
  #ahead = 0;
  #aheadScale = Number.NaN;
  #aheadNext = 0;
  /** Whether the coefficients are the same in every further step. */
  #isSettled = false;
  /** `#written` holds params, state and averages. `#repeated` watches these and the bound gradients. */
  #written = new Written([], []);
  #repeated: Watch | undefined;
  /** Whether the sweep itself sets the gradients to zero. */
  #zeroesInSweep = false;
  /** How many steps each parameter took. */
  readonly #steps: number[] = [];
  /** The numbers that parameters carry from step to step, and what they will be once the step is done. */
  #scalars = new Float64Array(0);
  #nextScalars = new Float64Array(0);
  #scalarsAt: readonly number[] = [];
  /** Where the optimizer has two modes, what takes the parameters from one to the other. */
  #lines: Lines | undefined;
  #mode: Mode = 'train';
  #count = 0;
  #skippedInARow = 0;
  readonly #report = newReport();
  readonly #reportView = viewOf(this.#report);

  /**
   * @param pipeline may change between steps
   * @param threads how many a step uses; `undefined` leaves it to how much there is to do
   * @throws TypeError or RangeError for params, before anything is bound
   */
  constructor(
    name: string,
    definition: Definition<O>,
    groups: readonly GivenGroup<O>[],
    pipeline: Pipeline,
    backend: Backend,
    threads: number | undefined,
  ) {
    this.#optimizerName = name;
    this.#definition = definition;
    this.#backend = backend;
    this.#pipeline = pipeline;
    this.#threads = threads;
    this.#isList = Array.isArray(groups[0].params);
    this.#add(groups);
  }

  /**
   * Adds a group of parameters.
   *
   * @throws TypeError or RangeError as the constructor does; nothing is changed then
   */
  addGroup(group: GivenGroup<O>): void {
    this.#stopRepeating();
    if (this.#reading !== undefined || this.#mode !== 'train' || this.#hasSwapped) {
      throw typeError(
        'ERR_MODE',
        'addGroup must be called between steps, while params hold the weights that are trained',
      );
    }
    if (this.#pending > 0) {
      const expected = 'addGroup must be called while no gathered gradients wait for their step';
      throw typeError('ERR_MODE', `${expected} (calls gathered: ${this.#pending}): call flush() or drop() first`);
    }
    this.#reading = 'params';
    try {
      this.#add([group]);
    } finally {
      this.#reading = undefined;
    }
  }

  /**
   * Refuses a call that params or schedules make while they are read. Getters of grads may make such a call: `step` checks
   * everything that the call can change after it has read the grads.
   */
  #refuseReentry(what: string): void {
    if (this.#reading === undefined || this.#reading === 'grads') return;
    throw typeError('ERR_MODE', `${what} must not be called by params or schedules while the optimizer reads them`);
  }

  /** For what must find in params the weights that are trained. */
  #refuseOtherWeights(what: string): void {
    if (this.#mode !== 'train') throw typeError('ERR_MODE', `${what} must be called in train mode: call train() first`);
    this.#refuseSwapped(what);
  }

  #refuseSwapped(what: string): void {
    if (!this.#hasSwapped) return;
    throw typeError('ERR_MODE', `${what} must be called with the weights in place: call swapAverages() first`);
  }

  /** Adds groups. Whatever can be refused is checked before anything changes. */
  #add(groups: readonly GivenGroup<O>[]): void {
    const newGroups = groups.map(({ options }) => new Group(this.#definition, options));
    const params = [...this.#params];
    const names = new Set<string | number>(params.map(({ name }) => name));
    for (const [g, { params: given, options }] of groups.entries()) {
      if (typeof given === 'object' && given !== null && Array.isArray(given) !== this.#isList) {
        const expected = this.#isList ? 'an array' : 'a record';
        throw typeError('ERR_INVALID_PARAMS', `params of every group must be ${expected} like those of the first`);
      }
      const read = readParams(
        given,
        this.#isList ? params.length : 0,
        groups.length > 1 ? `groups[${g}].params` : undefined,
      );
      refuseVanishingEps(this.#optimizerName, this.#definition, options, (asked) =>
        read.some(({ dtype }) => dtype === asked),
      );
      for (const param of read) {
        if (names.has(param.name)) {
          throw rangeError('ERR_INVALID_PARAMS', `${param.label} must be in one group only, but is in several`);
        }
        names.add(param.name);
        params.push({ ...param, group: newGroups[g] });
      }
    }
    // Code of the user's has run since the last step, getters of params among it: arrays may have lost their memory.
    if (this.#isDisposed) throw disposed(this.#optimizerName);
    this.#written.check();
    const added = params.slice(this.#params.length);
    checkUnchanged(added);
    const tensors = [
      ...this.#tensors,
      ...added.map(({ array, group }) => [array, ...group.firstState.map((value, k) => filledApart(array, value, k))]),
    ];
    const averages = keepsAverage(this.#pipeline)
      ? [...this.#averages, ...added.map(({ array, group }) => filledApart(array, 0, group.firstState.length))]
      : [];
    const written = new Written(params, tensors, averages);
    const elements = params.reduce((sum, { length }) => sum + length, 0);
    const threads = this.#threads ?? worthwhileThreads(elements);
    const control = newControl(
      params.map(({ group }) => group.rule),
      threads,
    );
    const plan = written.bind(this.#backend, control);

    this.#params = params;
    this.#groups = [...this.#groups, ...newGroups];
    this.#hasMeasures = this.#groups.some(({ measures }) => measures > 0);
    this.#tensors = tensors;
    this.#averages = averages;
    this.#written = written;
    this.#control = control;
    this.#plan = plan;
    this.#norms = new Norms(params, tensors, control, plan, () => this.#checkBound());
    this.#sources = new Sources(params, written, this.#isList);
    this.#repeated = undefined; // it watches gradients that are bound no longer
    for (let i = 0; i < added.length; i++) this.#steps.push(0);
    this.#scalars = Float64Array.from(
      Array.from(this.#scalars).concat(added.flatMap(({ group }) => group.firstScalars)),
    );
    this.#nextScalars = this.#scalars.slice();
    let scalarsAt = 0;
    this.#scalarsAt = params.map(({ group }) => {
      scalarsAt += group.scalarNames.length;
      return scalarsAt - group.scalarNames.length;
    });
    if (this.#pipeline.accumulate > 1) this.#accumulator = new Accumulator(this.#backend, threads, params);
    const towards = this.#definition.modes?.towards;
    if (towards !== undefined) {
      this.#lines = new Lines(
        this.#backend,
        threads,
        tensors.map(([param]) => param),
        tensors.map((arrays, i) => arrays[1 + params[i].group.rule.state.indexOf(towards)]),
      );
    }
  }

  /** A step that is running when a getter or a schedule disposes of the optimizer ends with an `ERR_DISPOSED` error. */
  dispose(): void {
    this.#stopRepeating();
    this.#isDisposed = true;
    this.#report.pending = 0;
  }

  get params(): readonly Param[] {
    return this.#params;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Takes every parameter that has stepped to what it holds in that mode: all of them or, where an array is refused, none. */
  setMode(mode: Mode): void {
    this.#stopRepeating();
    this.#refuseReentry(mode);
    if (mode === this.#mode) return;
    this.#refuseSwapped(mode);
    this.#schedule();
    const shares = this.#params.map(({ group }) => this.#definition.modes?.share(mode, group.values) ?? 0);
    this.#written.check();
    this.#lines?.move(shares, (i) => this.#steps[i] > 0);
    this.#mode = mode;
  }

  /**
   * One value for each parameter, as a read-only list or a record like that of the parameters.
   *
   * @param what what messages call the list or record
   * @param hint what to do instead of assigning
   */
  inShape(what: string, hint: string, of: (i: number) => unknown): unknown {
    const entries = this.#params.map(({ name }, i) => [name, of(i)] as const);
    const values = this.#isList ? entries.map(([, value]) => value) : Object.fromEntries(entries);
    return readOnlyView(what, values, hint);
  }

  /** An option of a group as it is in the next step. */
  optionOf(group: number, name: keyof O & string): unknown {
    const outer = this.#reading;
    if (outer === 'schedules' && this.#groups[group].isFunction(name)) {
      throw typeError('ERR_MODE', `a schedule must not read ${name}, which is scheduled, of its own optimizer`);
    }
    this.#reading = 'schedules';
    try {
      return this.#groups[group].optionAt(name, this.#count);
    } finally {
      this.#reading = outer;
    }
  }

  /** @throws RangeError `ERR_INVALID_OPTION` for options that the arrays of a group cannot be stepped with */
  refuseOptions(group: number, options: Required<O>): void {
    refuseVanishingEps(this.#optimizerName, this.#definition, options, (asked) =>
      this.#params.some((param) => param.dtype === asked && param.group === this.#groups[group]),
    );
  }

  /** To be called when an option of a group was set. */
  optionsChanged(group: number): void {
    this.#stopRepeating();
    this.#groups[group].refresh();
  }

  /** To be called when an option of the pipeline was set. */
  pipelineChanged(): void {
    this.#stopRepeating();
  }

  /**
   * The live state of each parameter, and how many steps it has taken by now.
   *
   * @param hint what to do instead of assigning
   */
  states(hint: string): object {
    this.#countSteps();
    const [steps, scalars] = [this.#steps.slice(), this.#scalars.slice()];
    const [params, tensors, scalarsAt] = [this.#params, this.#tensors, this.#scalarsAt];
    return statesOf({ params, tensors, steps, scalars, scalarsAt }, this.#isList, hint);
  }

  /** How many steps updated a parameter. */
  get count(): number {
    return this.#count;
  }

  /** The live average of parameter `i`; as long as there is none, its array holds a copy of the current weights. */
  averageOf(i: number): FloatArray {
    this.#refuseWithoutAverages();
    this.#countSteps();
    if (this.#steps[i] < firstAverage(this.#pipeline)) {
      this.#stopRepeating(); // since the array must be zeroed before the first average is taken
      this.#placeholders.fill(i, this.#averages[i], this.#params[i]);
    }
    return this.#averages[i];
  }

  #refuseWithoutAverages(): void {
    if (this.#averages.length > 0) return;
    throw typeError('ERR_MODE', 'averages are kept by optimizers with the option ema or swa only');
  }

  /** Exchanges the weights and their averages, of every parameter that has an average by now. */
  swapAverages(): void {
    this.#stopRepeating();
    this.#refuseReentry('swapAverages');
    this.#refuseWithoutAverages();
    if (this.#mode !== 'train') {
      throw typeError(
        'ERR_MODE',
        'swapAverages must be called in train mode, whose weights the averages are of: call train() first',
      );
    }
    this.#written.check();
    const first = firstAverage(this.#pipeline);
    for (let i = 0; i < this.#params.length; i++) {
      if (this.#steps[i] < first) continue; // its average is read as its weights
      swap(this.#params[i].array, this.#averages[i]);
    }
    this.#hasSwapped = !this.#hasSwapped;
  }

  /** Runs a function with the averages in place of the weights, and puts the weights back once its result is there. */
  withAverages<T>(run: () => T): T {
    this.#refuseSwapped('withAverages');
    this.swapAverages();
    return thenFinally(run, () => {
      if (this.#hasSwapped) this.swapAverages();
    });
  }

  /** Reads, checks and binds gradients; without any, keeps those that are bound. */
  receive(grads: unknown): void {
    this.#stopRepeating();
    this.#read(grads);
    try {
      this.#sources.check();
      this.#written.check();
      this.#sources.bind(this.#plan, undefined);
    } catch (error) {
      this.#sources.forget(this.#plan);
      throw error;
    }
    this.#repeated = undefined; // it watches the gradients that were bound before
  }

  #read(grads: unknown): void {
    if (this.#reading === 'schedules') throw typeError('ERR_MODE', 'a schedule must not step its own optimizer');
    if (this.#reading === 'grads') {
      throw typeError('ERR_INVALID_GRADS', 'grads must not step their own optimizer while they are read');
    }
    this.#refuseReentry('step');
    this.#reading = 'grads';
    try {
      this.#sources.read(grads);
    } catch (error) {
      this.#stopRepeating(); // part of what was refused may have been taken down
      this.#sources.forget(this.#plan);
      throw error;
    } finally {
      this.#reading = undefined;
    }
    if (this.#isDisposed) throw disposed(this.#optimizerName);
  }

  /** Fixes the options of every group for the next step. A getter of grads may have called what needs them. */
  #schedule(): void {
    const outer = this.#reading;
    this.#reading = 'schedules';
    try {
      for (let g = 0; g < this.#groups.length; g++) this.#groups[g].prepare(this.#count);
    } finally {
      this.#reading = outer;
    }
    if (this.#isDisposed) throw disposed(this.#optimizerName);
  }

  /** @param gradScale instead of the pipeline's, for this step */
  step(grads: unknown, gradScale: number | undefined): StepReport {
    // Short enough for V8 to compile it into the loop that steps. A part more, and it takes half as long again.
    if (
      this.#isQuick &&
      grads === undefined &&
      gradScale === undefined &&
      this.#reading === undefined &&
      this.#aheadNext < this.#ahead &&
      this.#repeated?.isIntact()
    ) {
      this.#plan.step();
      if (!this.#isSettled) this.#takeRows(this.#aheadNext + 1);
      this.#uncounted++;
      this.#count++;
      this.#report.step = this.#count;
      return this.#reportView;
    }
    return this.#stepAtLength(grads, gradScale);
  }

  #stepAtLength(grads: unknown, gradScale: number | undefined): StepReport {
    this.#isQuick = false;
    const isRepeat = grads === undefined && this.#canRepeat && this.#reading === undefined;
    if (!isRepeat) this.#read(grads);
    if (gradScale === undefined) this.#gradScale = this.#pipeline.gradScale;
    else this.#gradScale = gradScale;
    try {
      if (!this.#canRepeat || !this.#repeat()) this.#begin(gradScale);
    } catch (error) {
      this.#sources.forget(this.#plan);
      throw error;
    }
    return this.#reportView;
  }

  /**
   * A step like the last one: nothing is to be decided again, but its coefficients are others.
   *
   * @returns whether it was done; if not, nothing has changed, and the long way says why
   */
  #repeat(): boolean {
    const sources = this.#sources;
    const isReplaced = !sources.areBound();
    if (isReplaced) {
      if (this.#pipeline.zeroGrad || !sources.areReplaced()) return false;
      this.#repeated = undefined;
    } else if (this.#repeated === undefined) {
      this.#repeated = this.#written.newWatch();
      sources.watch(this.#repeated);
    }
    if (this.#gradScale !== this.#aheadScale || this.#aheadNext === this.#ahead) this.#lookAhead();
    if (isReplaced) {
      this.#canRepeat = false; // should they be refused
      sources.replace(this.#plan);
      this.#canRepeat = true;
    }
    // Last, as in #checkBound: built-ins that were replaced may have run in all that came before.
    if (!(this.#repeated ?? this.#written.watch).isIntact()) return false;
    this.#plan.step();
    if (!this.#isSettled) this.#takeRows(this.#aheadNext + 1);
    this.#finish(undefined);
    this.#isQuick =
      !isReplaced && this.#active > 0 && this.#scalars.length === 0 && this.#aheadScale === this.#pipeline.gradScale;
    return true;
  }

  /** To be called before anything changes that a repeated step rests on. */
  #stopRepeating(): void {
    this.#countSteps();
    this.#canRepeat = false;
    this.#isQuick = false;
  }

  /** To be called before the steps of a parameter are asked for. */
  #countSteps(): void {
    if (this.#uncounted === 0) return;
    const { rows } = this.#control;
    const steps = this.#steps;
    for (let i = 0; i < steps.length; i++) if (rows[i] >= 0) steps[i] += this.#uncounted;
    this.#uncounted = 0;
  }

  /**
   * Writes the coefficients of several steps at once. Those of one step are a chain of divisions and roots; the chains of
   * several steps run side by side. Looks ahead twice as far each time, unless coefficients were written in vain.
   */
  #lookAhead(): void {
    this.#countSteps();
    const { coefficients, width } = this.#control;
    const isFixed = this.#scalars.length === 0;
    const room = isFixed ? Math.floor(coefficients.length / (width * this.#rowCount)) : 1;
    const isInVain = this.#gradScale !== this.#aheadScale;
    this.#isSettled = this.#areSettled();
    this.#ahead = isInVain || this.#isSettled ? 1 : Math.min(2 * this.#ahead, room, stepsAhead);
    this.#takeRows(0);
    this.#aheadScale = this.#gradScale;
    for (let k = 0; k < this.#ahead; k++) this.#writeRows(k);
  }

  /** Sets which of the steps that coefficients are written for comes next: the rows of step `next` start at next · rowCount. */
  #takeRows(next: number): void {
    this.#aheadNext = next;
    this.#stepScalar(stepScalars.firstRow, next * this.#rowCount);
  }

  /** Whether the coefficients of the next step are those of every further one, too. */
  #areSettled(): boolean {
    if (this.#averages.length > 0) return false;
    for (let row = 0; row < this.#rowCount; row++) {
      const i = this.#rowFirst[row];
      if (this.#steps[i] + 1 < this.#params[i].group.settlesAt) return false;
    }
    return true;
  }

  #stepScalar(index: number, value: number): void {
    this.#control.rows[this.#params.length + index] = value;
  }

  /** How many calls were gathered for the next step. */
  get #pending(): number {
    return this.#accumulator?.calls ?? 0;
  }

  /** Steps with the gradients gathered so far, of fewer calls than `accumulate`. Without gathered calls it does nothing. */
  flush(gradScale: number | undefined): StepReport {
    this.#refuseGathering('flush');
    this.#stopRepeating();
    if (this.#pending > 0) {
      this.#gradScale = gradScale ?? this.#accumulator?.gradScale ?? this.#pipeline.gradScale;
      this.#schedule();
    }
    this.#resetReport();
    if (this.#pending > 0) {
      this.#sources.useNone();
      this.#stepWith(this.#accumulator);
    }
    return this.#reportView;
  }

  /**
   * Drops the gathered gradients.
   *
   * @returns how many calls that were
   */
  drop(): number {
    this.#refuseGathering('drop');
    const calls = this.#pending;
    this.#report.pending = 0;
    this.#accumulator?.clear();
    return calls;
  }

  /** Gathered gradients must not change while a step reads its input, nor while params hold other weights than those trained. */
  #refuseGathering(what: string): void {
    if (this.#reading !== undefined) {
      const expected = `${what} must not be called by params, grads or schedules while the optimizer reads them`;
      throw typeError('ERR_MODE', expected);
    }
    this.#refuseOtherWeights(what);
  }

  /** A step the long way: everything is checked and decided anew. */
  #begin(gradScale: number | undefined): void {
    this.#stopRepeating();
    this.#schedule();
    this.#refuseOtherWeights('step');
    const gathered = this.#accumulator;
    this.#sources.check(gathered !== undefined);
    if (gathered !== undefined && gathered.calls > 0 && gathered.sourceCount !== this.#sources.count) {
      const message = `grads must be ${gathered.sourceCount} for one step as in the calls before, received ${this.#sources.count}: call flush() or drop() first to give another number`;
      throw rangeError('ERR_INVALID_GRADS', message);
    }
    this.#resetReport();
    if (gathered !== undefined && gathered.calls + 1 < this.#pipeline.accumulate) this.#gather(gathered, gradScale);
    else this.#stepWith(gathered);
  }

  #resetReport(): void {
    resetReport(this.#report, this.#count, this.#pending, this.#skippedInARow);
  }

  /** A step with the gradients that were read, if there are any, and those that were gathered before. */
  #stepWith(gathered: Accumulator | undefined): void {
    this.#repeated = undefined;
    this.#aheadScale = Number.NaN;
    this.#zeroesInSweep = this.#pipeline.zeroGrad && gathered === undefined && !this.#sources.areShared();
    this.#assignRows(gathered);
    this.#writeRows();
    this.#sources.bind(this.#plan, gathered);
    this.#stepScalar(stepScalars.sourceCount, this.#sources.boundCount(gathered));
    this.#stepScalar(stepScalars.firstRow, 0);
    if (needsNorms(this.#pipeline) && !this.#clip(gathered)) {
      if (this.#pipeline.zeroGrad) this.#sources.zero();
      return;
    }
    if (this.#hasMeasures) this.#adaptRows();
    this.#checkBound();
    const hasPlaceholders = this.#clearPlaceholders();
    this.#plan.step();
    this.#finish(gathered);
    if (this.#active > 0) {
      // Not in #finish, which repeated steps call, too: they follow a step that has set the count to 0.
      this.#skippedInARow = 0;
      this.#report.skippedInARow = 0;
    }
    this.#canRepeat = gathered === undefined && !hasPlaceholders && this.#isRepeatable();
  }

  /**
   * Zeroes the placeholders of the parameters whose first average this step takes.
   *
   * @returns whether this step updates a parameter that keeps its placeholder
   */
  #clearPlaceholders(): boolean {
    const { rows } = this.#control;
    const first = firstAverage(this.#pipeline);
    let isAnyKept = false;
    for (let i = 0; i < this.#averages.length; i++) {
      if (rows[i] < 0 || !this.#placeholders.has(i)) continue;
      if (this.#steps[i] + 1 < first) isAnyKept = true;
      else this.#placeholders.clear(i, this.#averages[i]);
    }
    return isAnyKept;
  }

  #isRepeatable(): boolean {
    return (
      this.#zeroesInSweep === this.#pipeline.zeroGrad &&
      !this.#hasMeasures &&
      !needsNorms(this.#pipeline) &&
      this.#sources.areKept() &&
      !this.#groups.some((group) => group.isScheduled)
    );
  }

  #finish(gathered: Accumulator | undefined): void {
    const active = this.#active;
    if (this.#scalars.length > 0) this.#scalars.set(this.#nextScalars);
    const rows = this.#control.rows;
    const steps = this.#steps;
    for (let i = 0; i < steps.length; i++) if (rows[i] >= 0) steps[i]++;
    if (this.#pipeline.zeroGrad && !this.#zeroesInSweep) this.#sources.zero();
    const report = this.#report;
    if (gathered !== undefined) {
      gathered.clear();
      report.pending = 0;
    }
    report.stepped = active > 0;
    report.skipped = steps.length - active;
    if (active > 0) this.#count++;
    report.step = this.#count;
  }

  /** Adds the gradients to those of the calls before. */
  #gather(gathered: Accumulator, gradScale: number | undefined): void {
    if (this.#pipeline.gradNorm) this.#reportNorms(this.#normOfCall(), false);
    this.#checkBound();
    this.#sources.unbind(this.#plan);
    this.#sources.each((grads) => gathered.add(grads));
    this.#sources.keep();
    gathered.calls++;
    gathered.sourceCount = this.#sources.count;
    gathered.gradScale = gradScale;
    if (this.#pipeline.zeroGrad) this.#sources.zero();
    this.#report.pending = gathered.calls;
  }

  /** Measures the gradients of a call that only gathers, scaled as if the step had this call alone. */
  #normOfCall(): Measured {
    const sources = this.#sources;
    sources.bind(this.#plan, undefined);
    const scale = this.#gradScale * (1 / sources.count);
    this.#checkBound();
    return this.#norms.ofCall(
      this.#pipeline,
      scale,
      sources.count,
      (i) => sources.has(i),
      (i) => sources.of(i, undefined),
    );
  }

  /** The factor that makes a mean of the summed gradients of all calls in this step. `flush` brings no gradients of its own. */
  #meanScale(): number {
    const { count } = this.#sources;
    const calls = this.#pending + (count > 0 ? 1 : 0);
    const sourceCount = count > 0 ? count : (this.#accumulator?.sourceCount ?? 1);
    return 1 / ((this.#pipeline.accumulateMode === 'mean' ? calls : 1) * sourceCount);
  }

  /**
   * Checks that each array that the backend is about to access has its memory. Must be the last call before the backend runs:
   * whatever comes before may run code of the user's (getters, or built-ins that were replaced).
   */
  #checkBound(): void {
    this.#written.check();
    this.#sources.checkBound();
  }

  /**
   * Gives each parameter that has a gradient a row of coefficients; parameters of a group that are at the same step share
   * one, unless they carry numbers of their own or are measured.
   */
  #assignRows(gathered: Accumulator | undefined): void {
    const { rows } = this.#control;
    const steps = this.#steps;
    const params = this.#params;
    const sources = this.#sources;
    const isShared = this.#pipeline.clipTensorNorm === Infinity;
    let row = -1;
    let rowStep = -1;
    let rowGroup: Group<O> | undefined;
    let active = 0;
    for (let i = 0; i < steps.length; i++) {
      if (!sources.has(i) && gathered?.of(i) == null) {
        rows[i] = -1;
        continue;
      }
      const { group } = params[i];
      if (steps[i] !== rowStep || group !== rowGroup || !group.sharesRows || !isShared) {
        row++;
        rowStep = steps[i];
        rowGroup = group;
        this.#rowFirst[row] = i;
      }
      rows[i] = row;
      active++;
    }
    this.#rowCount = row + 1;
    this.#active = active;
  }

  /** Writes the coefficients of this step, or of the step that comes `ahead` steps later. */
  #writeRows(ahead = 0): void {
    this.#scale = this.#gradScale * this.#meanScale();
    if (this.#scalars.length > 0) this.#nextScalars.set(this.#scalars);
    for (let row = 0; row < this.#rowCount; row++) {
      const i = this.#rowFirst[row];
      this.#writeRow(ahead * this.#rowCount + row, this.#steps[i] + 1 + ahead, i);
    }
  }

  #writeRow(row: number, t: number, i: number): void {
    const { coefficients, width } = this.#control;
    const scale = this.#scale;
    const { clipValue } = this.#pipeline;
    const { group } = this.#params[i];
    const start = row * width;
    const at = start + ruleStart;
    neutralRow(coefficients, start);
    group.definition.coefficients(coefficients, at, group.values, t, this.#nextScalars, this.#scalarsAt[i]);
    // Asked here as well: where V8 does not inline the call, its fractions are boxed (powers.ts).
    if (scale !== 1 || clipValue !== Infinity) scaleRow(coefficients, start, scale, clipValue);
    if (this.#averages.length > 0) writeAverageShare(coefficients, start + stages.averageShare, this.#pipeline, t);
    if (this.#zeroesInSweep) coefficients[start + stages.zeroGrad] = 1;
  }

  /**
   * Measures the gradients, and scales those down that are too large.
   *
   * @returns whether the step may be done: not where one is not finite and `nonFinite` is 'skip'
   */
  #clip(gathered: Accumulator | undefined): boolean {
    this.#checkBound();
    const measured = this.#norms.clip(this.#pipeline, this.#scale, this.#rowCount, (i) =>
      this.#sources.of(i, gathered),
    );
    const isRefused = measured.nonFinite !== null && this.#pipeline.nonFinite !== 'propagate';
    // The gathered gradients are dropped, too: the element may be one of theirs.
    if (isRefused) {
      this.#accumulator?.clear();
      this.#report.pending = 0;
    }
    this.#reportNorms(measured, isRefused);
    return !isRefused;
  }

  /** @throws RangeError `ERR_NON_FINITE` for a step that is refused, where `nonFinite` is 'throw' */
  #reportNorms({ gradNorm, clipCoefficient, nonFinite }: Measured, isRefused: boolean): void {
    if (nonFinite !== null && isRefused && this.#pipeline.nonFinite === 'throw') {
      throw rangeError('ERR_NON_FINITE', nonFiniteMessage(nonFinite));
    }
    const report = this.#report;
    report.nonFinite = nonFinite && { param: nonFinite.param, index: nonFinite.index, kind: nonFinite.kind };
    if (isRefused) {
      report.skippedInARow = ++this.#skippedInARow;
      return;
    }
    report.gradNorm = gradNorm;
    report.clipCoefficient = clipCoefficient;
  }

  /** Measures what rules ask for (LAMB, LARS and cautious rules), and adapts their rows of coefficients to the results. */
  #adaptRows(): void {
    const { coefficients, width, rows, sums: measured } = this.#control;
    this.#checkBound();
    this.#plan.measure();
    for (let i = 0; i < this.#params.length; i++) {
      const { group, length } = this.#params[i];
      if (rows[i] < 0 || group.measures === 0) continue;
      const at = rows[i] * width + ruleStart;
      const sumsAt = i * sumsWidth + sums.rule;
      group.rule.adapt?.(coefficients, at, measured, sumsAt, length);
      group.definition.adapt?.(coefficients, at, group.values, measured, sumsAt);
    }
  }
}
