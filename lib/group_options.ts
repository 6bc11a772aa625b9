// The type of an optimizer's groups: options of which some can be set to a function of the step, and read as a value.

import type { Values } from './definition.js';
import type { Schedule } from './schedule.js';

interface LrAccessor {
  get lr(): number;
  set lr(value: number | Schedule);
}

interface WeightDecayAccessor {
  get weightDecay(): number;
  set weightDecay(value: number | Schedule);
}

interface BetasAccessor<T> {
  get betas(): T;
  set betas(value: T | Schedule<T>);
}

/**
 * The options of a group. What is a function of the step reads as what it is in the next step, and can be set to another
 * function or to a value that stays.
 */
export type GroupOptions<O> = Omit<Values<O>, 'lr' | 'weightDecay' | 'betas'> & {
  -readonly [K in Exclude<keyof O, 'lr' | 'weightDecay' | 'betas'>]: Values<O>[K];
} & (O extends { lr?: unknown } ? LrAccessor : unknown) &
  (O extends { weightDecay?: unknown } ? WeightDecayAccessor : unknown) &
  ('betas' extends keyof O ? BetasAccessor<Values<O>['betas' & keyof O]> : unknown);

/** The options that every optimizer has in its groups. */
export interface AnyOptions {
  lr?: number | Schedule;
}
