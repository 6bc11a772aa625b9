// What an object or a list holds itself, where a program may have put properties on Object.prototype or Array.prototype.

const { getPrototypeOf, hasOwn } = Object;

/** Whether it is the `Object.prototype` of this realm or another: the end of a chain of prototypes. */
function isRoot(object: object): boolean {
  return getPrototypeOf(object) === null && hasOwn(object, 'hasOwnProperty');
}

/**
 * A property of the object's own or of its class, such as a getter; `undefined` where only `Object.prototype` has it. A
 * name that is nobody's own property is read all the same, since a proxy may answer to it.
 */
export function ownOrClass(object: object, name: string | number): unknown {
  let holder: object | null = object;
  while (holder !== null && !hasOwn(holder, name)) holder = getPrototypeOf(holder);
  if (holder !== null && holder !== object && isRoot(holder)) return undefined;
  return (object as Readonly<Record<string | number, unknown>>)[name];
}

/**
 * What an object of options gives for one of them, read once; `undefined` where it gives nothing. An option that is given as
 * `undefined` is not given: wrappers pass on what they did not receive. Only own properties count, so that a polluted
 * prototype changes nothing.
 */
export function ownOption(given: object, name: string): unknown {
  return Object.hasOwn(given, name) ? (given as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** The entry of a list; `undefined` for a hole, whatever `Array.prototype` has there. */
export function entryOf(list: readonly unknown[], index: number): unknown {
  return hasOwn(list, index) ? list[index] : undefined;
}

/** All entries of a list. */
export function entriesOf(list: readonly unknown[]): readonly unknown[] {
  return Array.from({ length: list.length }, (_, index) => entryOf(list, index));
}

const bareObject: object = {};
const bareList: readonly unknown[] = [];

/** Whether a for…in loop over an object sees properties of `Object.prototype`. The loop itself is the fastest way to ask. */
export function walksObjectPrototype(): boolean {
  for (const _ in bareObject) return true;
  return false;
}

/** Whether a hole at that index of a list would be read as something. */
export function hasInheritedEntry(index: number): boolean {
  return bareList[index] !== undefined;
}
