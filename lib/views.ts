// Objects whose properties users can read and not assign. An assignment throws an error with a code; a plain read-only property
// would ignore it in silence outside of strict mode.

import { describe, type LockstepError, typeError } from './errors.js';
import { addHidden, inspectSymbol } from './inspect.js';
import { access } from './params.js';

function readOnlyError(label: string, value: unknown, hint: string): LockstepError {
  return typeError('ERR_READ_ONLY', `${label} is read-only, received ${describe(value)}: ${hint}`);
}

interface View {
  readonly what: string;
  readonly values: object;
  readonly hint: string;
  /** Makes the value of a name that `values` does not have yet. */
  readonly make?: (name: string) => unknown;
}

const views = new WeakMap<object, View>();

function refuse(view: object, name: string, value: unknown): never {
  const { what, values, hint } = views.get(view) ?? { what: '', values: {}, hint: 'make a copy' };
  throw readOnlyError(`${what}${access(Array.isArray(values) ? Number(name) : name)}`, value, hint);
}

/** The accessors of each name. Views of the same names have the same ones, so that V8 gives them one shape. */
const accessors = new Map<string, PropertyDescriptor>();

/** How many are kept: names of parameters are the user's, who may make up ever more of them. */
const mostAccessors = 1000;

function accessorOf(name: string): PropertyDescriptor {
  let accessor = accessors.get(name);
  if (accessor === undefined) {
    accessor = {
      enumerable: true,
      get(this: object) {
        const view = views.get(this);
        if (view === undefined) return undefined;
        const value = (view.values as Readonly<Record<string, unknown>>)[name];
        return value === undefined ? view.make?.(name) : value;
      },
      set(this: object, value: unknown) {
        refuse(this, name, value);
      },
    };
    if (accessors.size < mostAccessors) accessors.set(name, accessor);
  }
  return accessor;
}

function copyOf(this: object): object {
  return Array.isArray(this) ? Array.from(this) : { ...this };
}

/**
 * A frozen list or record that reads as `values` does at that time.
 *
 * @param what what messages call it: `averages`
 * @param hint what to do instead of assigning
 */
export function readOnlyView<T extends object>(what: string, values: T, hint: string): T {
  return viewOf({ what, values, hint }, Object.keys(values)) as T;
}

/**
 * A frozen list or record, each value of which is made when it is first read.
 *
 * @param what what messages call it: `state`
 * @param names of a list, its indexes
 * @param hint what to do instead of assigning
 * @param make makes the value of the name at that index of `names`
 */
export function lazyView(
  what: string,
  names: readonly string[],
  isList: boolean,
  hint: string,
  make: (i: number) => unknown,
): object {
  const values = (isList ? [] : Object.create(null)) as Record<string, unknown>;
  const indexes = new Map(names.map((name, i) => [name, i]));
  const makeNamed = (name: string) => {
    values[name] = make(indexes.get(name) ?? 0);
    return values[name];
  };
  return viewOf({ what, values, hint, make: makeNamed }, names);
}

function viewOf(view: View, names: readonly string[]): object {
  const shown = Array.isArray(view.values) ? [] : {};
  for (const name of names) Object.defineProperty(shown, name, accessorOf(name));
  addHidden(shown, inspectSymbol, copyOf);
  views.set(shown, view);
  return Object.freeze(shown);
}

/**
 * An object whose properties are still to be defined; to assign a name that it does not have is refused.
 *
 * @param refuseName throws what is wrong with the name
 * @param plain answers with what is shown of the object
 */
export function guardedObject(refuseName: (name: string) => never, plain: () => object): object {
  const parent: object = Object.create(null);
  addHidden(parent, inspectSymbol, plain);
  return Object.create(new Proxy(parent, { set: (_, name) => refuseName(String(name)) }));
}

/**
 * Has every getter without a setter refuse to be assigned.
 *
 * @param what what messages call an instance: `optimizer`
 * @param hints what to do instead, by name
 */
export function refuseAssigning(prototype: object, what: string, hints: Readonly<Record<string, string>>): void {
  for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (get === undefined || set !== undefined) continue;
    const hint = hints[name];
    const refuse = (value: unknown) => {
      throw readOnlyError(`${what}.${name}`, value, hint);
    };
    Object.defineProperty(prototype, name, { get, set: refuse });
  }
}

/**
 * Has a class refuse to be assigned options that stand elsewhere, unless it has a property of that name. They read as
 * undefined.
 *
 * @param places where to set each option, by name
 */
export function refuseOptions(prototype: object, places: Readonly<Record<string, string>>): void {
  for (const [name, place] of Object.entries(places)) {
    if (name in prototype) continue;
    const set = (value: unknown) => {
      const message = `${name} cannot be set on the optimizer itself, received ${describe(value)}: ${place}`;
      throw typeError('ERR_INVALID_OPTION', message);
    };
    // Not defineProperty of Object, which throws where a program froze the class: optimizers work there all the same.
    Reflect.defineProperty(prototype, name, { configurable: true, get: () => undefined, set });
  }
}

/**
 * An enumerable property whose getter throws: to copy an instance reads it. All instances share this descriptor, so that V8
 * gives them one shape.
 */
const copied: PropertyDescriptor = {
  enumerable: true,
  get(this: object) {
    const { name } = this.constructor;
    throw typeError('ERR_CLONE', `${name} cannot be cloned or copied: make another with new ${name}(…)`);
  },
};

/** Has `structuredClone`, `postMessage` and `{ ...instance }` throw, which would answer with an object that can do nothing. */
export function refuseCloning(instance: object): void {
  Object.defineProperty(instance, 'cannotBeCloned', copied);
}
