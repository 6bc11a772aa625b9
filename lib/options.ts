// Options are data: each optimizer lists its own with a default and a check, and everything else follows from the list.

import { describe, type LockstepError, rangeError, typeError } from './errors.js';
import { unknownOption } from './hints.js';
import { entryOf, ownOption } from './own.js';
import type { Schedule } from './schedule.js';

/** One option: its default, and a check that answers with the value to keep or throws what is wrong with it. */
export interface Option<T> {
  readonly default: T;
  check(name: string, value: unknown): T;
  /** Whether it has to be given; the default means nothing then. */
  readonly isRequired?: boolean;
  /** Answers with what a later value must be, where `value` cannot follow `first`, the one that the optimizer was made with. */
  stays?(first: T, value: T): string | undefined;
  /** The check of what a schedule answers with, where the option may be a schedule. */
  readonly answer?: Option<unknown>;
}

/** A list of options whose checked values make up a `Values`. */
export type Checks<Values> = { readonly [K in keyof Values]: Option<Values[K]> };

/** The list behind an interface of options, each of which has a default. */
export type OptionList<O> = Checks<Required<O>>;

/** A RangeError where the value is of the right type, else a TypeError. */
export function refuse(
  name: string,
  value: unknown,
  expected: string,
  type: 'number' | 'string' | 'boolean' | 'array',
): LockstepError {
  const error = typeof value === type ? rangeError : typeError;
  return error('ERR_INVALID_OPTION', `${name} must be ${expected}, received ${describe(value)}`);
}

function number(fallback: number, expected: string, accepts: (value: number) => boolean): Option<number> {
  return {
    default: fallback,
    check(name, value) {
      if (typeof value === 'number' && accepts(value)) return value;
      throw refuse(name, value, expected, 'number');
    },
  };
}

/** A number, infinities included. */
export const anyNumber = (fallback: number): Option<number> =>
  number(fallback, 'a number', (value) => !Number.isNaN(value));

/** A finite number >= 0. */
export const nonNegative = (fallback: number): Option<number> =>
  number(fallback, 'a finite number >= 0', (value) => value >= 0 && value < Infinity);

/** A number in [0, 1]. */
export const upToOne = (fallback: number): Option<number> =>
  number(fallback, 'a number >= 0 and <= 1', (value) => value >= 0 && value <= 1);

/** A number in (0, 1). */
export const openFraction = (fallback: number): Option<number> =>
  number(fallback, 'a number > 0 and < 1', (value) => value > 0 && value < 1);

/** A factor that makes larger: a finite number > 1. */
export const growing = (fallback: number): Option<number> =>
  number(fallback, 'a finite number > 1', (value) => value > 1 && value < Infinity);

/** The share of an old average that is kept: a number in [0, 1). */
export const fraction = (fallback: number): Option<number> =>
  number(fallback, 'a number >= 0 and < 1', (value) => value >= 0 && value < 1);

/** A few numbers, each with a check of its own. What is kept is a frozen copy, so that it cannot change behind the check. */
function numbers<T extends readonly number[]>(count: string, parts: readonly Option<number>[]): Option<T> {
  const freeze = (values: unknown) => Object.freeze(values as T);
  return {
    default: freeze(parts.map((part) => part.default)),
    check(name, value) {
      if (!Array.isArray(value) || value.length !== parts.length) {
        throw refuse(name, value, `an array of ${count} numbers`, 'array');
      }
      return freeze(parts.map((part, i) => part.check(`${name}[${i}]`, entryOf(value, i))));
    },
  };
}

/** Two numbers. */
export function pair(...parts: readonly [Option<number>, Option<number>]): Option<readonly [number, number]> {
  return numbers('two', parts);
}

/** Two fractions. */
export function fractionPair(...fallback: readonly [number, number]): Option<readonly [number, number]> {
  return numbers('two', fallback.map(fraction));
}

/** Two fractions, of which the first is more than 0 and fixed. */
export function momentumPair(...fallback: readonly [number, number]): Option<readonly [number, number]> {
  return {
    ...numbers<readonly [number, number]>('two', [openFraction(fallback[0]), fraction(fallback[1])]),
    stays: (first, value) => (value[0] === first[0] ? undefined : `[${first[0]}, …] as the optimizer was made`),
  };
}

/** Three fractions. */
export function fractionTriple(
  ...fallback: readonly [number, number, number]
): Option<readonly [number, number, number]> {
  return numbers('three', fallback.map(fraction));
}

/** true or false. */
export function flag(fallback: boolean): Option<boolean> {
  return {
    default: fallback,
    check(name, value) {
      if (typeof value === 'boolean') return value;
      throw refuse(name, value, 'true or false', 'boolean');
    },
  };
}

/** One of a few words or numbers. */
export function choice<const T extends string | number>(fallback: NoInfer<T>, ...values: readonly T[]): Option<T> {
  return {
    default: fallback,
    check(name, value) {
      if (values.includes(value as T)) return value as T;
      throw refuse(name, value, `one of ${values.map(describe).join(', ')}`, typeof fallback as 'string' | 'number');
    },
  };
}

/** A finite number > 0. */
export const positive = (fallback: number): Option<number> =>
  number(fallback, 'a finite number > 0', (value) => value > 0 && value < Infinity);

/** A number > 0, Infinity included. */
export const positiveOrInfinity = (fallback: number): Option<number> =>
  number(fallback, 'a number > 0', (value) => value > 0);

/** The option, which may also be a function of the step: what it answers with is checked in each step. */
export function scheduled<T>(option: Option<T>): Option<T | Schedule<T>> {
  return {
    default: option.default,
    check: (name, value) => (typeof value === 'function' ? (value as Schedule<T>) : option.check(name, value)),
    answer: option,
  };
}

/**
 * Checks what a schedule answers with, as if the option had been set to the answer.
 *
 * @throws TypeError or RangeError `ERR_INVALID_OPTION`; where the answer is a function, the message says what to pass instead
 */
export function checkAnswer<T>(option: Option<T>, name: string, answer: unknown): T {
  try {
    return option.check(name, answer);
  } catch (error) {
    if (typeof answer !== 'function') throw error;
    const hint = 'pass the schedule itself, such as schedules.cosine({ … }), not a function that returns a schedule';
    throw typeError('ERR_INVALID_OPTION', `${(error as LockstepError).message}: ${hint}`);
  }
}

/** An object with options of its own, or `null` for none. What is kept is a frozen copy with every default. */
function objectOrNone<Values extends object>(list: OptionList<Values>): Option<Required<Values> | null> {
  return {
    default: null,
    check(name, value) {
      if (value === null) return null;
      if (typeof value !== 'object' || Array.isArray(value)) {
        const message = `${name} must be an object or null, received ${describe(value)}`;
        throw typeError('ERR_INVALID_OPTION', message + objectHint(list, name, value));
      }
      return Object.freeze(readKnown<Required<Values>>(list, value, name, `${name}.`));
    },
  };
}

/** What to write instead of a number, or of `true`, where an object of options is expected: `ema: { decay: 0.99 }`. */
function objectHint<Values extends object>(list: OptionList<Values>, name: string, value: unknown): string {
  if (value === true) return `: for its defaults give ${name}: {}`;
  if (typeof value !== 'number') return '';
  const [[first, option]] = Object.entries<Option<unknown>>(list);
  return `: did you mean ${name}: { ${first}: ${accepts(option, value) ? value : option.default} }?`;
}

function accepts(option: Option<unknown>, value: unknown): boolean {
  try {
    option.check('', value);
    return true;
  } catch {
    return false;
  }
}

/** The same, fixed: setting it to an object of the same values changes nothing. */
export function fixedObjectOrNone<Values extends object>(list: OptionList<Values>): Option<Required<Values> | null> {
  const names = Object.keys(list) as (keyof Values)[];
  return fixed(
    objectOrNone(list),
    (first, value) => first === value || (!!first && !!value && names.every((name) => first[name] === value[name])),
  );
}

/** The option, fixed once the optimizer is made: it decides which rule runs or what the state is. */
export function fixed<T>(option: Option<T>, isSame: (first: T, value: T) => boolean = Object.is): Option<T> {
  return {
    ...option,
    stays: (first, value) => (isSame(first, value) ? undefined : `${describe(first)} as the optimizer was made`),
  };
}

/** The option, which may change but not between zero and more: with zero there is no state for it. */
export function zeroOrMore(option: Option<number>): Option<number> {
  return {
    ...option,
    stays: (first, value) =>
      (value === 0) === (first === 0) ? undefined : `${first === 0 ? '0' : 'more than 0'} as the optimizer was made`,
  };
}

/** A whole number >= `least`. */
export function integer<F extends number | undefined>(least: number, fallback: F): Option<number | F> {
  return {
    default: fallback,
    check(name, value) {
      if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
      throw refuse(name, value, `an integer >= ${least}`, 'number');
    },
  };
}

/** A whole number >= `least`, or Infinity. */
export const integerOrInfinity = (least: number, fallback: number): Option<number> =>
  number(
    fallback,
    `an integer >= ${least} or Infinity`,
    (value) => value >= least && (Number.isSafeInteger(value) || value === Infinity),
  );

/** A whole number >= 1, or `undefined` where it is not given. */
export const positiveInteger = integer(1, undefined);

/** The option, which must be given. */
export function required<T>(option: Option<T>): Option<T> {
  return { ...option, isRequired: true };
}

/** The option, or `undefined` where it is not given. */
export function optional<T>(option: Option<T>): Option<T | undefined> {
  return { ...option, default: undefined };
}

/** A string, or `undefined` where it is not given. */
export const text: Option<string | undefined> = {
  default: undefined,
  check(name, value) {
    if (typeof value === 'string') return value;
    throw refuse(name, value, 'a string', 'string');
  },
};

/** @throws TypeError `ERR_INVALID_OPTION` for a name that is not among the known, with the nearest that is */
export function checkNames(given: unknown, known: readonly string[], name = 'options'): asserts given is object {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw typeError('ERR_INVALID_OPTION', `${name} must be an object, received ${describe(given)}`);
  }
  for (const option of Object.keys(given)) {
    if (!known.includes(option)) throw unknownOption(option, known);
  }
}

/**
 * Every option of the list, given or default.
 *
 * @param defaults where they are not those of the list
 * @param prefix what stands before a name in messages
 */
export function readOptions<Values>(
  list: Checks<Values>,
  given: object,
  defaults: Partial<Values> = {},
  prefix = '',
): Values {
  const read = (name: keyof Values & string) => {
    const value = ownOption(given, name);
    if (value !== undefined || list[name].isRequired) return list[name].check(prefix + name, value);
    return Object.hasOwn(defaults, name) ? defaults[name] : list[name].default;
  };
  // Defines properties, where an assignment could meet a setter of Object.prototype.
  return Object.fromEntries(
    (Object.keys(list) as (keyof Values & string)[]).map((name) => [name, read(name)]),
  ) as Values;
}

/** Every option of the list, of an object that has no other. */
export function readKnown<Values>(list: Checks<Values>, given: unknown, name = 'options', prefix = ''): Values {
  checkNames(given, Object.keys(list), name);
  return readOptions(list, given, {}, prefix);
}
