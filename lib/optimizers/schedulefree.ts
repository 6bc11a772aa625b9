// What ScheduleFreeSGD and ScheduleFreeAdamW have in common: the two modes, and the weights of the average.

import { arraysHint } from '../assigning.js';
import type { Definition, Mode, Values } from '../definition.js';
import { pow } from '../elementary.js';
import { typeError } from '../errors.js';
import { Optimizer } from '../optimizer.js';
import { flag, integer, nonNegative, type OptionList, scheduled } from '../options.js';
import type { Params, Shape } from '../params.js';
import type { Schedule } from '../schedule.js';
import { refuseAssigning } from '../views.js';

/** The options of every Schedule-Free optimizer. */
export interface ScheduleFreeOptions {
  /** Learning rate, >= 0; it needs no schedule. */
  lr?: number | Schedule;
  /** Weight decay at y, >= 0. Default 0. */
  weightDecay?: number | Schedule;
  /** Over how many steps lr rises to its value; an integer >= 0. Default 0. */
  warmupSteps?: number;
  /** z of step t enters the average with weight tʳ, r >= 0: more than 0 forgets the beginning sooner. tʳ must stay finite. Default 0. */
  r?: number;
  /** … times the largest lr so far to this power, >= 0, so that a warm-up counts little. Default 2. */
  weightLrPower?: number;
  /** Whether to climb instead of descend. Default false. */
  maximize?: boolean;
}

export const scheduleFreeOptions: Omit<OptionList<ScheduleFreeOptions>, 'lr'> = {
  weightDecay: scheduled(nonNegative(0)),
  warmupSteps: integer(0, 0),
  r: nonNegative(0),
  weightLrPower: nonNegative(2),
  maximize: flag(false),
};

/** The numbers that each parameter carries, in the order in which `writeAverage` finds them: the sum of the weights that entered the average, and the largest lr so far. */
export const averageNumbers = { weightSum: 0, lrMax: 0 };

/** Writes what both rules have of the average of step t, and adds its weight to the sum. */
export function writeAverage(
  row: Float64Array,
  at: number,
  c: { readonly start: number; readonly weight: number; readonly stepY: number; readonly stepZ: number },
  { lr: fullLr, warmupSteps, r, weightLrPower }: Values<ScheduleFreeOptions>,
  beta1: number,
  t: number,
  numbers: Float64Array,
  numbersAt: number,
): void {
  const lr = t < warmupSteps ? fullLr * (t / warmupSteps) : fullLr;
  const lrMax = Math.max(lr, numbers[numbersAt + 1]);
  // 0 has no logarithm; its powers are exact in every engine.
  const weight = pow(t, r) * (lrMax > 0 ? pow(lrMax, weightLrPower) : 0 ** weightLrPower);
  const weightSum = numbers[numbersAt] + weight;
  numbers[numbersAt] = weightSum;
  numbers[numbersAt + 1] = lrMax;
  const share = weightSum > 0 ? weight / weightSum : 0; // 0 as long as lr is
  row[at + c.start] = t === 1 ? 1 : 0;
  row[at + c.weight] = share;
  row[at + c.stepY] = lr * (1 - beta1 * (1 - share));
  row[at + c.stepZ] = lr;
}

/** The two modes, where y = (1 − beta1)·z + beta1·x. beta1 must be fixed: with another, x would not be found again. */
export function modesOf<O extends object>(
  beta1Of: (options: Required<O>) => number,
): NonNullable<Definition<O>['modes']> {
  return {
    towards: 'z',
    share: (mode, options) => (mode === 'eval' ? 1 - 1 / beta1Of(options) : 1 - beta1Of(options)),
  };
}

/** An optimizer with two modes: use `ScheduleFreeSGD` or `ScheduleFreeAdamW`. */
export abstract class ScheduleFree<P extends Params<P>, O extends object, Names extends string> extends Optimizer<
  P,
  O,
  Names | 'z',
  'weightSum' | 'lrMax'
> {
  /**
   * What the params hold: 'train', as the optimizer is made, or 'eval'.
   *
   * @throws TypeError `ERR_DISPOSED`
   */
  get mode(): Mode {
    return this.live().mode;
  }

  /**
   * Turns the params into y, where gradients are to be taken. Does nothing in train mode.
   *
   * @throws TypeError or RangeError with the `code` `ERR_DETACHED`, `ERR_LENGTH` (an array was resized) or `ERR_DISPOSED`.
   *   No parameter is changed then, and the mode stays.
   */
  train(): void {
    this.live().setMode('train');
  }

  /**
   * Turns the params into x, the average: the weights to evaluate, to use and to save. Does nothing in eval mode.
   *
   * y is not kept beside it: `train()` computes it anew, which may round its last bits otherwise.
   *
   * @throws as `train` does
   */
  eval(): void {
    this.live().setMode('eval');
  }

  /**
   * The params, in the shape in which they were given, for code that evaluates or saves them: never the wrong ones.
   *
   * @throws TypeError `ERR_MODE` in train mode, or `ERR_DISPOSED`
   */
  get weights(): Readonly<Shape<P>> {
    const engine = this.live();
    if (engine.mode === 'train') {
      throw typeError(
        'ERR_MODE',
        'weights must be read in eval mode: call eval() first, since in train mode the params are the points where gradients are taken, not the average',
      );
    }
    return engine.inShape('weights', arraysHint, (i) => engine.params[i].array) as Readonly<Shape<P>>;
  }

  static {
    refuseAssigning(ScheduleFree.prototype, 'optimizer', { mode: 'call train() or eval()', weights: arraysHint });
  }
}
