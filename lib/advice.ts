// What to pass instead of a value that cannot be params, grads or an array of either: the end of an error's sentence.
//
// Asked once a value was refused. It may run code of the value's own, such as the getters of a tensor: where that throws, the
// sentence has no advice.

import { dtypeOf } from './arrays.js';
import { collectionOf, describe } from './errors.js';

/**
 * @param label what the message calls the value where an array of floats is expected: `params.w`, `grads[2]`
 * @param type the type that the array must have, where there is only one
 */
export function arrayAdvice(value: unknown, label: string, type = 'Float32Array'): string {
  return ended(() => {
    if (label === 'params.params') return 'pass groups in a list, [{ params: … }]';
    if (typeof value === 'number' && label.endsWith('[0]'))
      return `pass [${type}.from(${rootOf(label)})] for a single array`;
    if (typeof value !== 'object' || value === null) return '';
    if (ArrayBuffer.isView(value)) return viewAdvice(value, label, type);
    if (Array.isArray(value))
      return `pass ${type}.from(${Array.isArray(value[0]) ? `${label}.flat(Infinity)` : label})`;
    if (isBuffer(value)) return `pass new ${type}(${label})`;
    if (isTensor(value)) return `pass its data, ${dataOf(value, label)}`;
    if ('length' in value && typeof value.length === 'number') return `pass ${type}.from(${label})`;
    return recordAdvice(value, label);
  });
}

/**
 * @param label what the message calls the value where an array or a record of arrays is expected: `params`, `grads`
 * @param isList whether it has to be an array
 */
export function shapeAdvice(value: unknown, label: string, isList = false): string {
  return ended(() => {
    const collection = collectionOf(value);
    if (collection === 'Map') return `pass ${isList ? `[...${label}.values()]` : `Object.fromEntries(${label})`}`;
    if (collection === 'Set') return `pass [...${label}]`;
    if (typeof value !== 'object' || value === null || !isShapedTensor(value)) return '';
    return `pass its data, ${isList ? `[${dataOf(value, label)}]` : `{ w: ${dataOf(value, label)} }`}`;
  });
}

/** Whether an object cannot be a record of arrays: a Map or a Set, whose entries are not properties, or a tensor. */
export function isNoRecord(value: object): boolean {
  return shapeAdvice(value, '') !== '';
}

function ended(advice: () => string): string {
  try {
    const text = advice();
    return text === '' ? '' : `: ${text}`;
  } catch {
    return '';
  }
}

function viewAdvice(view: ArrayBufferView, label: string, type: string): string {
  if (dtypeOf(view) !== undefined) return ''; // of the other type: the message says which one it has to be
  const kind = describe(view);
  if (kind === 'a Uint8Array' || kind === 'a DataView') {
    const bytes = `${label}.buffer, ${label}.byteOffset, ${label}.byteLength / ${type === 'Float64Array' ? 8 : 4}`;
    return `pass new ${type}(${bytes}) if its bytes are floats`;
  }
  return `pass ${type}.from(${label}${kind.startsWith('a Big') ? ', Number' : ''})`;
}

function isBuffer(value: object): boolean {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

/** Tensors of TensorFlow.js and jax-js answer to dataSync(); ONNX Runtime and many others have their array in `data`. */
function isTensor(value: object): boolean {
  return 'dataSync' in value ? typeof value.dataSync === 'function' : 'data' in value && ArrayBuffer.isView(value.data);
}

/** Of a record of arrays, one entry may be called `data`: what makes a tensor of it is a shape, which is no array of floats. */
function isShapedTensor(value: object): boolean {
  const { dims, shape } = value as { readonly dims?: unknown; readonly shape?: unknown };
  return isTensor(value) && (Array.isArray(dims) || Array.isArray(shape));
}

function dataOf(tensor: object, label: string): string {
  return 'dataSync' in tensor ? `${label}.dataSync()` : `${label}.data`;
}

/** For an object that is no array: records inside of a record, and groups that are not given as groups. */
function recordAdvice(value: object, label: string): string {
  const root = rootOf(label);
  const own = `give its arrays names of their own in ${root}`;
  if (collectionOf(value) !== undefined) return own;
  const inner = Object.keys(value).find((name) => dtypeOf((value as Readonly<Record<string, unknown>>)[name]));
  if (/^params\[\d+\]$/.test(label)) {
    return inner === undefined
      ? 'a group must have params, as in { params: … }'
      : `for a group pass { params: ${label} }`;
  }
  return inner === undefined ? '' : `${own}, as in ${root}[${JSON.stringify(`${nameIn(label)}.${inner}`)}]`;
}

/** `params` or `grads`. */
function rootOf(label: string): string {
  return /^\w+/.exec(label)?.[0] ?? label;
}

/** `w` of `params.w`, `a-b` of `params["a-b"]`. */
function nameIn(label: string): string {
  const access = label.slice(rootOf(label).length);
  return access.startsWith('.') ? access.slice(1) : String(JSON.parse(access.slice(1, -1)));
}
