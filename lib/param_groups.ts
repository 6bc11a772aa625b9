// Groups of parameters, made from their names: what is handed to the constructor of an optimizer.

import { isNoRecord, shapeAdvice } from './advice.js';
import type { FloatArray } from './arrays.js';
import { describe, type LockstepError, rangeError, typeError } from './errors.js';
import { checkNames, integer, nonNegative, upToOne } from './options.js';
import { entriesOf, ownOption } from './own.js';
import { isGroups, type Params } from './params.js';
import { power } from './powers.js';
import type { Schedule } from './schedule.js';

/** Which parameters a rule is for: those whose name the expression finds, or that the function answers true for. */
export type Match = RegExp | ((name: string, param: FloatArray) => boolean);

/** A group as the constructor of an optimizer takes it. */
export type ParamGroup<P, O> = O & { readonly params: { readonly [K in keyof P]?: P[K] } };

/** What groups usually differ in. For others name the type: `splitGroups<typeof params, SGDOptions>(…)`. */
export interface UsualOptions {
  lr?: number | Schedule;
  weightDecay?: number | Schedule;
}

/**
 * Splits parameters into groups: each goes to the first rule that it matches, and the rest to a last group that has the
 * options of the optimizer.
 *
 * @example
 * // No weight decay on biases and norms.
 * const groups = splitGroups(params, [{ match: /bias|norm/, weightDecay: 0 }]);
 * const adamw = new AdamW(groups, { lr: 3e-4, weightDecay: 0.1 });
 *
 * @example
 * // The same by shape: vectors and scalars.
 * splitGroups(params, [{ match: (name) => shapes[name].length < 2, weightDecay: 0 }]);
 *
 * @param params a record of parameters
 * @param rules `{ match, ...options }`, the options being those of a group
 * @returns the groups of the rules in their order, then the rest if there is any
 * @throws TypeError or RangeError `ERR_INVALID_PARAMS` for params that are no record, `ERR_INVALID_OPTION` for rules that
 *   are no list of such objects, and where a rule is left without parameters: its pattern has a mistake
 */
export function splitGroups<P extends Params<P>, O extends object = UsualOptions>(
  params: P,
  rules: readonly (NoInfer<O> & { readonly match: Match })[],
): readonly ParamGroup<P, O>[] {
  const entries = namesOf(params);
  if (!Array.isArray(rules)) throw invalid(`rules must be an array, received ${describe(rules)}`);
  const given = entriesOf(rules) as readonly { readonly match: unknown }[];
  const tests = given.map(testOf);
  const rest = given.length;
  const chosen = entries.map(([name, param]) => {
    const r = tests.findIndex((test) => test(name, param));
    return r < 0 ? rest : r;
  });
  const byRule = grouped(entries, (_, i) => chosen[i]);
  const groups = [...given, { match: undefined }].flatMap(({ match: _, ...options }, r) => {
    const own = byRule.get(r) ?? [];
    if (own.length === 0 && r < rest) {
      throw rangeError('ERR_INVALID_OPTION', `rules[${r}].match must match a parameter that no rule before it does`);
    }
    return own.length === 0 ? [] : [{ ...options, params: Object.fromEntries(own) }];
  });
  return groups as unknown as readonly ParamGroup<P, O>[];
}

/** The options of `layerDecay`. */
export interface LayerDecayOptions<Name extends string = string> {
  /** The learning rate of the last layer, >= 0, where a group has none of its own. */
  lr: number;
  /** What the learning rate of a layer is multiplied by for each layer that comes after it, in [0, 1]. */
  decay: number;
  /** The layer of a parameter: an integer >= 0, 0 being nearest to the input. */
  layerOf: (name: Name) => number;
  /** The number of the last layer. Default: the largest that occurs. */
  last?: number;
}

/**
 * Learning rates that decay from the last layer to the first, for fine-tuning: lr · decay^(last − layer).
 *
 * @example
 * const groups = layerDecay(splitGroups(params, [{ match: /bias|norm/, weightDecay: 0 }]), {
 *   lr: 1e-3,
 *   decay: 0.75,
 *   layerOf: (name) => (name.startsWith('head') ? 13 : Number(/\d+/.exec(name)?.[0] ?? -1) + 1),
 * });
 * const adamw = new AdamW(groups, { weightDecay: 0.05 });
 *
 * @param given a record of parameters, or groups of such, whose other options are kept
 * @returns each group split by layer, from the first to the last
 * @throws TypeError or RangeError `ERR_INVALID_PARAMS` for params that are no record, `ERR_INVALID_OPTION` for an option or a
 *   layer that it cannot be
 * @source timm's `param_groups_layer_decay`; Clark et al., "ELECTRA" (https://arxiv.org/abs/2003.10555).
 */
export function layerDecay<P extends Params<P>, O extends object>(
  given: readonly ParamGroup<P, O>[],
  options: LayerDecayOptions<keyof P & string>,
): readonly ParamGroup<P, O & { readonly lr: number }>[];
export function layerDecay<P extends Params<P>>(
  given: P,
  options: LayerDecayOptions<keyof P & string>,
): readonly ParamGroup<P, { readonly lr: number }>[];
export function layerDecay(given: unknown, options: LayerDecayOptions): unknown {
  checkNames(options, ['lr', 'decay', 'layerOf', 'last']);
  const decay = upToOne(1).check('decay', ownOption(options, 'decay'));
  const layerOf = ownOption(options, 'layerOf') as LayerDecayOptions['layerOf'];
  if (typeof layerOf !== 'function') throw invalid(`layerOf must be a function, received ${describe(layerOf)}`);
  const groups: readonly { readonly params: unknown; readonly lr?: unknown }[] = isGroups(given)
    ? given
    : [{ params: given }];
  const layered = groups.map((group) => ({
    group,
    lr: nonNegative(0).check('lr', ownOption(ownOption(group, 'lr') === undefined ? options : group, 'lr')),
    entries: namesOf(group.params).map(([name, param]) => [name, param, layerOfParam(layerOf, name)] as const),
  }));
  const layers = layered.flatMap(({ entries }) => entries.map(([, , layer]) => layer));
  const givenLast = ownOption(options, 'last');
  const largest = layers.reduce((a, b) => Math.max(a, b), 0);
  const last = givenLast === undefined ? largest : layerNumber.check('last', givenLast);
  const beyond = layers.find((layer) => layer > last);
  if (beyond !== undefined) {
    throw rangeError('ERR_INVALID_OPTION', `last must be at least the largest layer, which is ${beyond}`);
  }
  return layered.flatMap(({ group, lr, entries }) =>
    [...grouped(entries, ([, , layer]) => layer)]
      .sort(([a], [b]) => a - b)
      .map(([layer, own]) => ({
        ...group,
        params: Object.fromEntries(own.map(([name, param]) => [name, param])),
        lr: lr * (decay === 1 ? 1 : power([decay], 0, last - layer)),
      })),
  );
}

/** As `Map.groupBy`, which Node 20 does not have. */
function grouped<T>(items: readonly T[], keyOf: (item: T, i: number) => number): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const [i, item] of items.entries()) {
    const key = keyOf(item, i);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function layerOfParam(layerOf: (name: string) => number, name: string): number {
  return layerNumber.check(`layerOf(${describe(name)})`, layerOf(name));
}

const layerNumber = integer(0, 0);

/** Names with their parameters; whether these are arrays is for the optimizer to check. */
function namesOf(params: unknown): readonly (readonly [name: string, param: FloatArray])[] {
  const isObject =
    typeof params === 'object' && params !== null && !Array.isArray(params) && !ArrayBuffer.isView(params);
  if (!isObject || isNoRecord(params)) {
    const expected = 'params must be a record, since groups are made by name';
    const advice = shapeAdvice(params, 'params');
    throw typeError('ERR_INVALID_PARAMS', `${expected}, received ${describe(params)}${advice}`);
  }
  return Object.entries(params);
}

function testOf(rule: unknown, r: number): (name: string, param: FloatArray) => boolean {
  if (typeof rule !== 'object' || rule === null || !Object.hasOwn(rule, 'match')) {
    throw invalid(`rules[${r}] must be an object with match, received ${describe(rule)}`);
  }
  const { match } = rule as { readonly match: unknown };
  if (match instanceof RegExp) return (name) => name.search(match) >= 0;
  if (typeof match === 'function') return (name, param) => matches(match(name, param), `rules[${r}].match`);
  throw invalid(`rules[${r}].match must be a regular expression or a function, received ${describe(match)}`);
}

/** A function or a regular expression is an answer not yet given: as a truth value it would match every parameter. */
function matches(answer: unknown, label: string): boolean {
  if (typeof answer !== 'function' && !(answer instanceof RegExp) && !(answer instanceof Promise))
    return Boolean(answer);
  throw invalid(`${label} must answer with true or false, received ${describe(answer)}`);
}

function invalid(message: string): LockstepError {
  return typeError('ERR_INVALID_OPTION', message);
}
