// Loss scaling: gradients of small numbers are kept from underflow by a loss that is multiplied by a large one.

import { describe, type LockstepError, rangeError, typeError } from './errors.js';
import { makeInspectable } from './inspect.js';
import { grown, type Level, type LossScalerState, levelOf, shrunk } from './loss_scale.js';
import {
  checkNames,
  growing,
  integer,
  integerOrInfinity,
  type OptionList,
  openFraction,
  positive,
  readKnown,
  readOptions,
} from './options.js';
import { ownOption } from './own.js';
import type { Pipeline } from './pipeline.js';
import type { StepOptions, StepReport } from './report.js';
import { refuseAssigning, refuseCloning } from './views.js';

/** The options of `LossScaler`. */
export interface LossScalerOptions {
  /** The first scale, > 0. Default 65536. */
  initScale?: number;
  /** What the scale is multiplied by after `growthInterval` good steps in a row, > 1. Default 2. */
  growthFactor?: number;
  /** What the scale is multiplied by after a step that was skipped, in (0, 1). Default 0.5. */
  backoffFactor?: number;
  /** After how many good steps in a row the scale grows; an integer >= 1. Default 2000. */
  growthInterval?: number;
  /**
   * How many times in a row the scale may shrink, an integer >= 1 or Infinity. The skipped step after that is an
   * `ERR_NON_FINITE` error: a NaN that no scale removes would otherwise skip every step. Default Infinity.
   */
  maxSkips?: number;
}

/** What every optimizer has, and a scaler needs. */
interface Scalable {
  readonly pipeline: Pipeline;
}

interface Steppable<G> extends Scalable {
  step(grads?: G, options?: StepOptions): StepReport;
}

interface Flushable extends Scalable {
  flush(options?: StepOptions): StepReport;
}

const optionList: OptionList<LossScalerOptions> = {
  initScale: positive(65536),
  growthFactor: growing(2),
  backoffFactor: openFraction(0.5),
  growthInterval: integer(1, 2000),
  maxSkips: integerOrInfinity(1, Infinity),
};

const stateList: OptionList<LossScalerState> = { scale: positive(65536), growthTracker: integer(0, 0) };

/**
 * Dynamic loss scaling: the loss is multiplied by a scale that is as large as gradients allow, and gradients are divided
 * by it in the step.
 *
 * ```text
 * g ← g / scale
 * any g not finite:   no step; scale ← scale · backoffFactor, n ← 0
 * else:               step; n ← n + 1
 * n = growthInterval: scale ← scale · growthFactor, n ← 0
 * ```
 *
 * The scale is a float32: it does not grow where it would become infinite, nor shrink where it would become zero. A call
 * that updates nothing, since gradients are gathered or are all `null`, changes neither the scale nor n.
 *
 * With one optimizer, `step` does all of that. Several optimizers share a scaler where each steps once and `update()` follows:
 * all gradients are divided by the same scale, and the scale shrinks once if any optimizer skipped its step.
 *
 * @example
 * const scaler = new LossScaler();
 * const adamw = new AdamW({ w }, { nonFinite: 'skip' });
 * scaler.step(adamw, { w: gradientsOf(loss * scaler.scale) });
 *
 * @example
 * // Two optimizers: the scale is read once, and stays until update().
 * const { scale } = scaler;
 * scaler.step(adamw, { w: gradientsOf(loss * scale) });
 * scaler.step(sgd, { embedding: embeddingGradientsOf(loss * scale) });
 * scaler.update();
 *
 * @source Micikevicius et al., "Mixed Precision Training" (https://arxiv.org/abs/1710.03740); `torch.amp.GradScaler`.
 */
export class LossScaler {
  readonly #options: Required<LossScalerOptions>;
  /** What `scale` and `state` read. */
  #level: Level;
  /**
   * A round is what happens between two updates. Each optimizer steps once in it, and all gradients are divided by the scale
   * that the round started with.
   */
  #roundStart: Level;
  /** What the steps of the round so far lead to. */
  #roundEnd: Level;
  #round = 0;
  /** In which round each optimizer took its last step. */
  readonly #lastRounds = new WeakMap<object, number>();
  /** How many optimizers took a step in this round, steps that were skipped included. */
  #taken = 0;
  /** Whether `update()` ever ended a round. Before that, the next step of a lone optimizer ends its round. */
  #hasUpdate = false;
  /**
   * The reports of optimizers that gather gradients. Each optimizer has one report, which `drop` and `dispose` change, too. All
   * these gradients are of losses that were multiplied by the scale of this round: a new round cannot start meanwhile.
   */
  readonly #gathering = new Set<StepReport>();
  #isStepping = false;

  static {
    refuseAssigning(LossScaler.prototype, 'scaler', { scale: 'set scaler.state, which has scale and growthTracker' });
    makeInspectable(LossScaler.prototype, (scaler) => ({ ...scaler.state, ...scaler.#options }));
  }

  /** @throws TypeError or RangeError `ERR_INVALID_OPTION` */
  constructor(options: LossScalerOptions = {}) {
    refuseCloning(this);
    this.#options = readKnown<Required<LossScalerOptions>>(optionList, options);
    this.#level = this.#roundStart = this.#roundEnd = levelOf(this.#options.initScale, 0, 0);
  }

  /**
   * What to multiply the next loss by. Once `update()` was called, the scale changes in `update()` only; before, a step changes
   * it at once. With several optimizers, read it once, before the first of them steps.
   */
  get scale(): number {
    return this.#level.state.scale;
  }

  /**
   * What the scaler carries from step to step, to be saved and put back: `scaler.state = saved`. Setting it to what it
   * cannot be is an `ERR_INVALID_OPTION` error, and changes nothing. Setting another scale while an optimizer gathers gradients is
   * an `ERR_MODE` error. Save between an update and the next step: what steps found since the last `update()` is not part of the
   * state, and setting the state drops it.
   */
  get state(): LossScalerState {
    return this.#level.state;
  }

  set state(state: LossScalerState) {
    this.#refuseReentry('state must not be set');
    checkNames(state, Object.keys(stateList));
    for (const name of Object.keys(stateList)) {
      if (ownOption(state, name) === undefined) throw typeError('ERR_INVALID_OPTION', `state.${name} must be given`);
    }
    const read = readOptions<LossScalerState>(stateList, state, {}, 'state.');
    const { growthInterval } = this.#options;
    if (read.growthTracker >= growthInterval) {
      const expected = `state.growthTracker must be less than growthInterval, which is ${growthInterval}`;
      throw rangeError('ERR_INVALID_OPTION', `${expected}, received ${describe(read.growthTracker)}`);
    }
    if (read.scale !== this.#roundStart.state.scale) this.#refuseWaiting('state must not be set to another scale');
    this.#startRound(levelOf(read.scale, read.growthTracker, 0));
  }

  /**
   * A step of the optimizer, with gradients divided by the scale besides its own `gradScale`. With one optimizer, the scale is
   * then adapted at once. With several, all divide by the same scale, until `update()`.
   *
   * @param optimizer one with `nonFinite: 'skip'`
   * @param grads of a loss that was multiplied by `scale`
   * @returns the optimizer's report: `nonFinite` says where it was skipped
   * @throws TypeError or RangeError as the optimizer's `step`; `ERR_INVALID_OPTION` where its `nonFinite` is not 'skip';
   *   `ERR_MODE` for a second step of one optimizer where `update()` has to come first, and for one that would change the scale
   *   while another optimizer gathers gradients; `ERR_NON_FINITE` for a skipped step after the scale shrank `maxSkips` times in
   *   a row. The scaler is not changed then.
   */
  step<G>(optimizer: Steppable<G>, grads?: NoInfer<G>): StepReport {
    return this.#run('step', optimizer, (options) => optimizer.step(grads, options));
  }

  /**
   * The step of the gradients that `accumulate` has gathered so far: `optimizer.flush()`, divided by the scale that these
   * gradients were multiplied by. Counts as the optimizer's step, unless there was nothing to flush.
   *
   * @param optimizer one with `nonFinite: 'skip'`
   * @returns the optimizer's report
   * @throws TypeError or RangeError as `step` of the scaler and `flush` of the optimizer
   */
  flush(optimizer: Flushable): StepReport {
    return this.#run('flush', optimizer, (options) => optimizer.flush(options));
  }

  #run(what: string, optimizer: Scalable, run: (options: StepOptions) => StepReport): StepReport {
    this.#refuseReentry(`${what} must not be called`);
    const { gradScale, nonFinite } = optimizer.pipeline;
    if (nonFinite !== 'skip') {
      const expected = "nonFinite of the optimizer must be 'skip' for a LossScaler";
      throw rangeError('ERR_INVALID_OPTION', `${expected}, but is ${describe(nonFinite)}`);
    }
    const startsRound = this.#lastRounds.get(optimizer) === this.#round;
    if (startsRound && (this.#hasUpdate || this.#taken > 1)) {
      const expected = `${what} must be called once for each optimizer, but is called again for one`;
      throw typeError('ERR_MODE', `${expected}: call update() of the scaler first`);
    }
    if (startsRound) this.#refuseWaiting(`${what} must not start another round`);
    const start = startsRound ? this.#roundEnd : this.#roundStart;
    this.#isStepping = true;
    let report: StepReport;
    try {
      report = run({ gradScale: gradScale / start.state.scale });
    } finally {
      this.#isStepping = false;
    }
    if (report.pending > 0) this.#gathering.add(report);
    else this.#gathering.delete(report);
    // With `gradNorm`, a call that only gathers also reports elements that are not finite. It skips nothing: the step will.
    const isSkipped = report.nonFinite !== null && report.pending === 0;
    if (isSkipped && start.skips >= this.#options.maxSkips) throw this.#tooManySkips(start, report);
    if (startsRound) this.#startRound(start);
    if (isSkipped || report.stepped) this.#record(optimizer, isSkipped);
    return report;
  }

  /**
   * Ends a round of steps: adapts the scale, once, to what all steps since the last `update()` found. It shrinks if any was
   * skipped for a NaN or an infinity. Where no optimizer took a step, since gradients were gathered or all `null`, nothing
   * changes.
   *
   * From the first `update()` on a scaler expects one after every round, with one optimizer, too.
   *
   * @throws TypeError `ERR_MODE` while gathered gradients of one optimizer wait for their step and another optimizer took one:
   *   the scale must be the same for all gradients of a step; and while a step of the scaler runs, in a schedule or a getter.
   *   Nothing is changed then.
   */
  update(): void {
    this.#refuseReentry('update must not be called');
    if (this.#taken > 0) this.#refuseWaiting('update must not be called');
    this.#hasUpdate = true;
    this.#startRound(this.#roundEnd);
  }

  #startRound(level: Level): void {
    this.#level = this.#roundStart = this.#roundEnd = level;
    this.#round++;
    this.#taken = 0;
  }

  /** Takes down that an optimizer took a step in this round, or skipped it. */
  #record(optimizer: object, isSkipped: boolean): void {
    this.#lastRounds.set(optimizer, this.#round);
    this.#taken++;
    if (isSkipped) this.#roundEnd = shrunk(this.#roundStart, this.#options);
    else if (this.#taken === 1) this.#roundEnd = grown(this.#roundStart, this.#options);
    if (!this.#hasUpdate) this.#level = this.#roundEnd;
  }

  #tooManySkips({ state, skips }: Level, { nonFinite }: StepReport): LockstepError {
    const where =
      nonFinite === null ? '' : `, the last one for element ${nonFinite.index} of ${describe(nonFinite.param)}`;
    return rangeError(
      'ERR_NON_FINITE',
      `grads must become finite within maxSkips (${this.#options.maxSkips}) skipped steps, but ${skips + 1} in a row were ` +
        `skipped${where} at scale ${state.scale}: look for what makes the loss or its gradients NaN or infinite`,
    );
  }

  #refuseWaiting(what: string): void {
    for (const report of this.#gathering) {
      if (report.pending === 0) {
        this.#gathering.delete(report);
        continue;
      }
      const { scale } = this.#roundStart.state;
      const found = `while gradients of a loss times ${scale} wait in an optimizer (calls gathered: ${report.pending})`;
      throw typeError('ERR_MODE', `${what} ${found}: call step or flush with that optimizer first, or its drop()`);
    }
  }

  #refuseReentry(what: string): void {
    if (!this.#isStepping) return;
    throw typeError('ERR_MODE', `${what} by schedules or getters of gradients while a step of the LossScaler runs`);
  }
}
