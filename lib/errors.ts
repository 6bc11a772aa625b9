/** Stable names of what can go wrong: the `code` of every error that lockstep throws. */
export type ErrorCode =
  | 'ERR_INVALID_OPTION'
  | 'ERR_INVALID_PARAMS'
  | 'ERR_INVALID_GRADS'
  | 'ERR_DTYPE'
  | 'ERR_LENGTH'
  | 'ERR_DETACHED'
  | 'ERR_OVERLAP'
  | 'ERR_DISPOSED'
  | 'ERR_MODE'
  | 'ERR_READ_ONLY'
  | 'ERR_CLONE'
  | 'ERR_NON_FINITE'
  | 'ERR_BACKEND';

/** What lockstep throws: a plain `TypeError` or `RangeError` whose `code` says which rule was broken. */
export type LockstepError = (TypeError | RangeError) & { readonly code: ErrorCode };

export function typeError(code: ErrorCode, message: string): LockstepError {
  return Object.assign(new TypeError(message), { code });
}

export function rangeError(code: ErrorCode, message: string): LockstepError {
  return Object.assign(new RangeError(message), { code });
}

/** A value as an error message shows it: short, on one line, and without running any code of the value's own. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  const collection = collectionOf(value);
  if (collection !== undefined) return `a ${collection}`;
  return ArrayBuffer.isView(value) ? `a ${viewName(value)}` : 'an object';
}

const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

function viewName(view: ArrayBufferView): string {
  const tag: unknown = tagOf && Reflect.apply(tagOf, view, []);
  return typeof tag === 'string' ? tag : 'DataView';
}

const sizes = ([Map, Set] as const).map(
  ({ name, prototype }) => [name, Object.getOwnPropertyDescriptor(prototype, 'size')?.get] as const,
);

/** 'Map' or 'Set', of any realm and of subclasses too. */
export function collectionOf(value: unknown): string | undefined {
  return sizes.find(([, size]) => {
    try {
      return size !== undefined && Reflect.apply(size, value, []) >= 0;
    } catch {
      return false; // the getter takes nothing else
    }
  })?.[0];
}
