// Options that can be read and set after they were given.

import { describe, rangeError } from './errors.js';
import { unknownOption } from './hints.js';
import { plainOptions } from './inspect.js';
import type { Checks } from './options.js';
import { guardedObject } from './views.js';

/**
 * An object whose properties read and set the values of `current`. A value is checked before it is set.
 *
 * @param read what a property reads as, where that is not the value itself
 * @param changed called after a value was set
 */
export function settable<Values extends object>(
  list: Checks<Values>,
  current: Values,
  refuseConflict: (values: Values) => void,
  read: (name: keyof Values & string) => unknown = (name) => current[name],
  changed: () => void = () => {},
): Values {
  const first = { ...current };
  const names = Object.keys(list) as (keyof Values & string)[];
  const refuseUnknown = (name: string): never => {
    throw unknownOption(name, names);
  };
  const group = guardedObject(refuseUnknown, () => plainOptions(current)) as Values;
  for (const name of names) {
    Object.defineProperty(group, name, {
      enumerable: true,
      get: () => read(name),
      set: (given: unknown) => {
        const value = list[name].check(name, given);
        const expected = list[name].stays?.(first[name], value);
        if (expected !== undefined) {
          throw rangeError('ERR_INVALID_OPTION', `${name} must stay ${expected}, received ${describe(given)}`);
        }
        refuseConflict({ ...current, [name]: value });
        current[name] = value;
        changed();
      },
    });
  }
  return Object.preventExtensions(group);
}
