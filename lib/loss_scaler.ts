// Loss scaling: gradients of small numbers are kept from underflow by a loss that is multiplied by a large one.

import type { StepOptions, StepReport } from './engine.js';
import { describe, rangeError, typeError } from './errors.js';
import {
  checkNames,
  growing,
  integer,
  type OptionList,
  openFraction,
  ownOption,
  positive,
  readKnown,
  readOptions,
} from './options.js';
import type { Pipeline } from './pipeline.js';

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
}

/** What a `LossScaler` carries from step to step. */
export interface LossScalerState {
  /** What the loss is to be multiplied by. */
  readonly scale: number;
  /** How many good steps there were since the scale last changed. */
  readonly growthTracker: number;
}

/** What every optimizer has, and a scaler needs. */
interface AnyOptimizer<G> {
  readonly pipeline: Pipeline;
  step(grads?: G, options?: StepOptions): StepReport;
}

const optionList: OptionList<LossScalerOptions> = {
  initScale: positive(65536),
  growthFactor: growing(2),
  backoffFactor: openFraction(0.5),
  growthInterval: integer(1, 2000),
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
 * @example
 * const scaler = new LossScaler();
 * const adamw = new AdamW({ w }, { nonFinite: 'skip' });
 * scaler.step(adamw, { w: gradientsOf(loss * scaler.scale) });
 *
 * @source Micikevicius et al., "Mixed Precision Training" (https://arxiv.org/abs/1710.03740); `torch.amp.GradScaler`.
 */
export class LossScaler {
  readonly #options: Required<LossScalerOptions>;
  #state: LossScalerState;

  /** @throws TypeError or RangeError `ERR_INVALID_OPTION` */
  constructor(options: LossScalerOptions = {}) {
    this.#options = readKnown<Required<LossScalerOptions>>(optionList, options);
    this.#state = Object.freeze({ scale: this.#options.initScale, growthTracker: 0 });
  }

  /** What to multiply the next loss by. */
  get scale(): number {
    return this.#state.scale;
  }

  /**
   * What the scaler carries from step to step, to be saved and put back: `scaler.state = saved`. Setting it to what it
   * cannot be is an `ERR_INVALID_OPTION` error, and changes nothing.
   */
  get state(): LossScalerState {
    return this.#state;
  }

  set state(state: LossScalerState) {
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
    this.#state = Object.freeze(read);
  }

  /**
   * A step of the optimizer, with gradients divided by the scale besides its own `gradScale`; then the scale is adapted.
   *
   * @param optimizer one with `nonFinite: 'skip'`
   * @param grads of a loss that was multiplied by `scale`
   * @returns the optimizer's report: `nonFinite` says where it was skipped
   * @throws TypeError or RangeError as the optimizer's `step`, or `ERR_INVALID_OPTION` where its `nonFinite` is not 'skip'.
   *   The scale is not changed then.
   */
  step<G>(optimizer: AnyOptimizer<G>, grads?: NoInfer<G>): StepReport {
    const { gradScale, nonFinite } = optimizer.pipeline;
    if (nonFinite !== 'skip') {
      const expected = "nonFinite of the optimizer must be 'skip' for a LossScaler";
      throw rangeError('ERR_INVALID_OPTION', `${expected}, but is ${describe(nonFinite)}`);
    }
    const report = optimizer.step(grads, { gradScale: gradScale / this.scale });
    if (report.nonFinite !== null) this.#backOff();
    else if (report.stepped) this.#grow();
    return report;
  }

  #backOff(): void {
    const scale = Math.fround(this.scale * this.#options.backoffFactor);
    this.#state = Object.freeze({ scale: scale > 0 ? scale : this.scale, growthTracker: 0 });
  }

  #grow(): void {
    const growthTracker = this.#state.growthTracker + 1;
    if (growthTracker < this.#options.growthInterval) {
      this.#state = Object.freeze({ scale: this.scale, growthTracker });
      return;
    }
    const scale = Math.fround(this.scale * this.#options.growthFactor);
    this.#state = Object.freeze({ scale: scale < Infinity ? scale : this.scale, growthTracker: 0 });
  }
}
