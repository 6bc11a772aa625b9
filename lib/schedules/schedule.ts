// What a schedule is, and what all of them are made of.

import { describe, rangeError, typeError } from '../errors.js';
import { anyNumber, checkAnswer, choice, nonNegative, type Option, refuse } from '../options.js';
import { entriesOf } from '../own.js';
import type { Schedule } from '../schedule.js';
import { cosPi } from '../trigonometry.js';

export type { Schedule };

/** How a value goes from one level to another: evenly, along half a cosine wave, or as 1 - √ of what has passed. */
export type Shape = 'linear' | 'cosine' | '1-sqrt';

export const shape = (fallback: Shape): Option<Shape> => choice<Shape>(fallback, 'linear', 'cosine', '1-sqrt');

const step = nonNegative(0);

/** The schedule with a check of what it is asked for: fractions of a step are fine, what is no time is refused. */
export function schedule(valueAt: Schedule): Schedule {
  return (asked) => valueAt(step.check('step', asked));
}

/** The share of `steps` that has passed: from 0 to 1, and 1 ever after. */
export function progress(step: number, steps: number): number {
  return step < steps ? step / steps : 1;
}

/** What is left of 1 when the share `passed` is over: 1 at 0, and 0 at 1. */
export function remaining(shape: Shape, passed: number): number {
  if (shape === 'linear') return 1 - passed;
  return shape === 'cosine' ? (1 + cosPi(passed)) / 2 : 1 - Math.sqrt(passed);
}

/** `from` where all is left (`share` is 1), `to` where nothing is, both exactly. Never negative where neither is. */
export function blend(from: number, to: number, share: number): number {
  return share === 1 ? from : to + (from - to) * share;
}

/** @throws TypeError `ERR_INVALID_OPTION` for what cannot be a schedule */
export function checkSchedule(name: string, value: unknown): asserts value is Schedule {
  if (typeof value !== 'function') {
    throw typeError('ERR_INVALID_OPTION', `${name} must be a function of the step, received ${describe(value)}`);
  }
}

const answer = anyNumber(0);

/**
 * The schedule with a check of what it answers with: a number, which may be negative, since a schedule is not always a
 * learning rate. For schedules of the user's, inside those of lockstep: a string or a function would turn into NaN there.
 */
export function answering(name: string, asked: Schedule): Schedule {
  return (step) => checkAnswer(answer, `${name}(${step})`, asked(step));
}

/** A frozen list of the schedules with a check of their answers; there has to be one at least. */
export function checkSchedules(name: string, value: unknown): readonly Schedule[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw refuse(name, value, 'an array of at least one schedule', 'array');
  }
  return Object.freeze(
    entriesOf(value).map((entry, i) => {
      checkSchedule(`${name}[${i}]`, entry);
      return answering(`${name}[${i}]`, entry);
    }),
  );
}

/** An array of at least `least` entries, each of which passes `entry`'s check. What is kept is a frozen copy. */
export function listOf<T>(entry: Option<T>, least: number, expected: string): Option<readonly T[]> {
  return {
    default: [],
    check(name, value) {
      if (!Array.isArray(value) || value.length < least) throw refuse(name, value, expected, 'array');
      return Object.freeze(entriesOf(value).map((each, i) => entry.check(`${name}[${i}]`, each)));
    },
  };
}

/** @throws RangeError `ERR_INVALID_OPTION` for the first step that is not after the one before it */
export function checkIncreasing(steps: readonly number[], nameOf: (i: number) => string): void {
  const wrong = steps.findIndex((at, i) => i > 0 && at <= steps[i - 1]);
  if (wrong > 0) {
    const bound = `${nameOf(wrong - 1)}, which is ${steps[wrong - 1]}`;
    throw rangeError('ERR_INVALID_OPTION', `${nameOf(wrong)} must be more than ${bound}, received ${steps[wrong]}`);
  }
}
