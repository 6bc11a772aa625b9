// The state of parameters, as users read it.

import type { FloatArray } from './arrays.js';
import { labelOf, type Param } from './params.js';
import type { Rule } from './rules/rule.js';
import { lazyView, readOnlyView } from './views.js';

/** The state of one parameter, whatever its rule. */
export type StateView = Readonly<Record<string, number | FloatArray>>;

/** A parameter with the rule that names its state. */
interface Stateful extends Param {
  readonly group: { readonly rule: Rule; readonly scalarNames: readonly string[] };
}

/** What state is read from, at one time. */
interface Snapshot {
  readonly params: readonly Stateful[];
  /** Each parameter followed by its state. */
  readonly tensors: readonly (readonly FloatArray[])[];
  /** How many steps each parameter took. */
  readonly steps: readonly number[];
  /** The numbers that parameters carry, and where those of each begin. */
  readonly scalars: Float64Array;
  readonly scalarsAt: readonly number[];
}

/**
 * The state of each parameter, in the shape of params. That of a parameter is made when it is read: made for all of them, each
 * reading of one would take as long as the model has parameters.
 *
 * @param hint what to do instead of assigning
 */
export function statesOf(
  { params, tensors, steps, scalars, scalarsAt }: Snapshot,
  isList: boolean,
  hint: string,
): object {
  const names = params.map(({ name }) => String(name));
  const stateOf = (i: number): StateView => {
    const { name: param, group } = params[i];
    const values: Record<string, number | FloatArray> = { step: steps[i] };
    group.scalarNames.forEach((name, k) => {
      values[name] = scalars[scalarsAt[i] + k];
    });
    group.rule.state.forEach((name, k) => {
      values[name] = tensors[i][1 + k];
    });
    return readOnlyView(labelOf('state', param), values, hint);
  };
  return lazyView('state', names, isList, hint, stateOf);
}
