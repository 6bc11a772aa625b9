import { describe, typeError } from '../errors.js';
import { makeInspectable } from '../inspect.js';
import { choice, fraction, integer, nonNegative, type OptionList, readKnown, required } from '../options.js';
import { ownOrClass } from '../own.js';
import { refuseCloning } from '../views.js';
import type { Schedule } from './schedule.js';

/** The options of `ReduceOnPlateau`. */
export interface ReduceOnPlateauOptions {
  /** Whether less of the metric is better, or more. Default 'min'. */
  mode?: 'min' | 'max';
  /** What lr is multiplied by, in [0, 1). Default 0.1. */
  factor?: number;
  /** How many metrics in a row may be no better before the next one reduces lr, an integer >= 0. Default 10. */
  patience?: number;
  /** How much better a metric has to be to count as such, >= 0. Default 1e-4. */
  threshold?: number;
  /** Whether that is a share of the best metric so far (of its absolute value), or a difference to it. Default 'rel'. */
  thresholdMode?: 'rel' | 'abs';
  /** How many metrics after a reduction are not counted as bad, an integer >= 0. Default 0. */
  cooldown?: number;
  /** What lr is never reduced below, >= 0. Default 0. */
  minLr?: number;
  /** A reduction by no more than this is left out, >= 0. Default 1e-8. */
  eps?: number;
  /**
   * 'torch' takes the share of a negative best metric with the sign of the metric, as PyTorch does: a metric that is no better,
   * or a little worse, then counts as better. Positive metrics are treated alike. Default 'lockstep'.
   */
  dialect?: 'lockstep' | 'torch';
}

const plateauOptions: OptionList<ReduceOnPlateauOptions> = {
  mode: choice('min', 'min', 'max'),
  factor: fraction(0.1),
  patience: integer(0, 10),
  threshold: nonNegative(1e-4),
  thresholdMode: choice('rel', 'rel', 'abs'),
  cooldown: integer(0, 0),
  minLr: nonNegative(0),
  eps: nonNegative(1e-8),
  dialect: choice('lockstep', 'lockstep', 'torch'),
};

/** What has an lr to reduce: an option group, or anything else. */
export interface HasLr {
  lr: number | Schedule;
}

type Target = { readonly groups: readonly HasLr[] } | HasLr;

/** What a `ReduceOnPlateau` knows: plain data, which JSON keeps as well, unless the best metric is infinite. */
export interface PlateauState {
  /** The best metric so far, or null before the first that counts. */
  best: number | null;
  /** How many metrics in a row were no better. */
  badSteps: number;
  /** How many metrics from now on are not counted as bad. */
  cooldown: number;
}

/**
 * Reduces lr where a metric no longer improves. This is the one schedule that is no function of the step: it has state.
 *
 * A metric is better if it is < best − |best| · threshold, with mode 'max' > best + |best| · threshold; with thresholdMode
 * 'abs' < best − threshold or > best + threshold. Once more than `patience` in a row are not, lr ← max(lr · factor, minLr), and
 * for the next `cooldown` metrics none is counted as bad. NaN is never better.
 *
 * State: the best metric, the bad ones in a row, what is left of the cooldown.
 *
 * PyTorch: `ReduceLROnPlateau`, which takes best · threshold instead of |best| · threshold: for a best metric of −100 and the
 * default threshold, each metric below −99.99 counts as better there. The option `dialect: 'torch'` does the same.
 *
 * @example
 * const plateau = new ReduceOnPlateau(adam, { factor: 0.5, patience: 3 });
 * for (const epoch of epochs) plateau.step(validate(train(epoch)));
 */
export class ReduceOnPlateau {
  readonly #target: Target;
  readonly #options: Required<ReduceOnPlateauOptions>;
  #best: number | null = null;
  #badSteps = 0;
  #cooldown = 0;

  static {
    makeInspectable(ReduceOnPlateau.prototype, (plateau) => ({ ...plateau.#options, state: plateau.state }));
  }

  /**
   * @param target an optimizer, each of whose groups is reduced, those that are added later included; or an object with an
   *   `lr`
   * @throws TypeError or RangeError `ERR_INVALID_OPTION`
   */
  constructor(target: Target, options: ReduceOnPlateauOptions = {}) {
    refuseCloning(this);
    const groups = groupsOf(target);
    this.#target = target;
    this.#options = readKnown(plateauOptions, options);
    groups.forEach(lrOf);
  }

  /**
   * Takes the next metric, of an epoch as a rule, and reduces lr if it is time to.
   *
   * @returns whether lr was reduced in any group
   * @throws TypeError `ERR_INVALID_OPTION` for a metric that is no number, or an lr that is none any more
   */
  step(metric: number): boolean {
    if (typeof metric !== 'number') {
      throw typeError('ERR_INVALID_OPTION', `metric must be a number, received ${describe(metric)}`);
    }
    const groups = groupsOf(this.#target);
    const lrs = groups.map(lrOf);
    const isBetter = this.#isBetter(metric);
    const isCooling = this.#cooldown > 0;
    const badSteps = isBetter || isCooling ? 0 : this.#badSteps + 1;
    const isTime = badSteps > this.#options.patience;
    const isReduced = isTime && this.#reduce(groups, lrs); // before anything is kept, since an lr that is fixed refuses it
    if (isBetter) this.#best = metric;
    this.#badSteps = isTime ? 0 : badSteps;
    if (isTime) this.#cooldown = this.#options.cooldown;
    else if (isCooling) this.#cooldown--;
    return isReduced;
  }

  /** A copy of the state, to be kept with a checkpoint; setting it continues from there. */
  get state(): PlateauState {
    return { best: this.#best, badSteps: this.#badSteps, cooldown: this.#cooldown };
  }

  /** @throws TypeError or RangeError `ERR_INVALID_OPTION` */
  set state(state: PlateauState) {
    const { best, badSteps, cooldown } = readKnown(plateauState, state, 'state');
    this.#best = best;
    this.#badSteps = badSteps;
    this.#cooldown = cooldown;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode, dialect } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const best = this.#best;
    if (best === null) return sign * metric > -Infinity;
    const share = best < 0 && dialect === 'lockstep' ? -threshold : threshold; // signed, so that best · share is ± |best| · threshold
    const bound = thresholdMode === 'rel' ? best * (1 + sign * share) : best + sign * threshold;
    return mode === 'min' ? metric < bound : metric > bound;
  }

  #reduce(groups: readonly HasLr[], lrs: readonly number[]): boolean {
    const { factor, minLr, eps } = this.#options;
    let isReduced = false;
    groups.forEach((group, i) => {
      const reduced = Math.max(lrs[i] * factor, minLr);
      if (lrs[i] - reduced <= eps) return;
      group.lr = reduced;
      isReduced = true;
    });
    return isReduced;
  }
}

const plateauState: OptionList<PlateauState> = {
  best: required<number | null>({
    default: null,
    check(name, value) {
      if (value === null || (typeof value === 'number' && !Number.isNaN(value))) return value;
      throw typeError('ERR_INVALID_OPTION', `${name} must be a number or null, received ${describe(value)}`);
    },
  }),
  badSteps: required(integer(0, 0)),
  cooldown: required(integer(0, 0)),
};

function groupsOf(target: unknown): readonly HasLr[] {
  if (typeof target === 'object' && target !== null) {
    const groups = ownOrClass(target, 'groups');
    if (Array.isArray(groups)) return groups;
    if (ownOrClass(target, 'lr') !== undefined) return [target as HasLr];
  }
  throw typeError(
    'ERR_INVALID_OPTION',
    `target must be an optimizer or an object with an lr, received ${describe(target)}`,
  );
}

function lrOf({ lr }: HasLr): number {
  if (typeof lr === 'number' && !Number.isNaN(lr)) return lr;
  throw typeError('ERR_INVALID_OPTION', `lr must be a number to be reduced, received ${describe(lr)}`);
}
