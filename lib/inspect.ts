// What `console.log` shows, and `JSON.stringify` writes, of optimizers and what belongs to them. It runs no code of the user's and
// does not throw, so it can be called at any time. It does without node:util, which not every runtime has.

import { arrayNames, type Dtype } from './arrays.js';

/** The method of this name answers with what is shown in place of the object. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** Text that is shown without quotes. */
class Verbatim {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [inspectSymbol](): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** Adds a method that is not listed among the keys. */
export function addHidden(target: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

/** The options as plain data; those that are functions of the step are shown as `[schedule]`, since to ask one runs it. */
export function plainOptions(options: object): object {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'function' ? new Verbatim('[schedule]') : value,
    ]),
  );
}

/** What a group or the pipeline of an optimizer shows of itself. */
export function plainOf(shown: object): object {
  return (shown as { [inspectSymbol](): object })[inspectSymbol]();
}

/** How many parameters are shown by name. */
const mostShown = 50;

/** Each parameter's type and length by name: `{ w: Float32Array(6) }`. */
export function plainParams(
  params: readonly { readonly name: string | number; readonly dtype: Dtype; readonly length: number }[],
): object {
  const entries = params
    .slice(0, mostShown)
    .map(({ name, dtype, length }) => [name, new Verbatim(`${arrayNames[dtype]}(${length})`)]);
  const more = params.length - mostShown;
  return Object.fromEntries(more > 0 ? [...entries, ['…', new Verbatim(`${more} more`)]] : entries);
}

/** The fields that a subclass of the user's has added. */
function ownValues(instance: object): object {
  const own = Object.entries(Object.getOwnPropertyDescriptors(instance));
  return Object.fromEntries(
    own.flatMap(([name, { enumerable, value, get }]) => (enumerable && !get ? [[name, value]] : [])),
  );
}

interface InspectOptions {
  readonly depth?: number | null;
}

/** Has instances of a class shown as `Name { … }` with what `plain` answers, and written to JSON as the same. */
export function makeInspectable<T extends object>(prototype: T, plain: (instance: T) => object): void {
  const plainly = (instance: T): object => {
    try {
      return { ...plain(instance), ...ownValues(instance) };
    } catch {
      return {}; // not a whole instance, such as one whose constructor threw
    }
  };
  addHidden(prototype, 'toJSON', function (this: T) {
    return plainly(this);
  });
  addHidden(
    prototype,
    inspectSymbol,
    function (
      this: T,
      depth: number,
      options: InspectOptions = {},
      inspect?: (value: object, options: object) => string,
    ) {
      const { name } = this.constructor;
      if (depth < 0) return `[${name}]`;
      const plainSelf = plainly(this);
      if (inspect === undefined) return `${name} ${JSON.stringify(plainSelf)}`;
      // Its own entries are three levels deep: options in groups, and pairs such as betas in these.
      return `${name} ${inspect(plainSelf, { ...options, depth: options.depth === null ? null : Math.max(depth, 3) })}`;
    },
  );
}
