// Gradients between the user and the plan: read once, checked whole, and only then bound.

import { arrayAdvice, isNoRecord, shapeAdvice } from './advice.js';
import { arrayNames, dtypeOf, type FloatArray, isWhole } from './arrays.js';
import { describe, rangeError, typeError } from './errors.js';
import { entryOf, hasInheritedEntry, ownOrClass, walksObjectPrototype } from './own.js';
import { type Param, refuseLength } from './params.js';
import type { Plan } from './plan.js';
import type { Written } from './written.js';

export class Gradients {
  readonly #params: readonly Param[];
  readonly #written: Written;
  readonly #isList: boolean;
  readonly #bound: (FloatArray | null)[];
  readonly #incoming: unknown[];
  readonly #indexOf: ReadonlyMap<unknown, number>;
  #anyBound = false;
  /** Whether what was read last differs from what is bound. */
  #isNew = false;

  /**
   * @param written what a step writes: no gradient may share memory with any of it
   * @param indexOf where the gradient of each name stands in a list of them; for records
   */
  constructor(params: readonly Param[], written: Written, isList: boolean, indexOf: ReadonlyMap<unknown, number>) {
    this.#params = params;
    this.#written = written;
    this.#isList = isList;
    this.#bound = params.map(() => null);
    this.#incoming = params.map(() => null);
    this.#indexOf = indexOf;
  }

  /** Whether what was read last differs from what is bound. */
  get areNew(): boolean {
    return this.#isNew;
  }

  /** The gradients that are bound. */
  get bound(): readonly (FloatArray | null)[] {
    return this.#bound;
  }

  /** Whether what was read last has gradients where there are some bound, and only there. */
  hasSameNulls(): boolean {
    const bound = this.#bound;
    const incoming = this.#incoming;
    for (let i = 0; i < bound.length; i++) if ((bound[i] === null) !== (incoming[i] === null)) return false;
    return true;
  }

  /** Whether parameter `i` has no gradient in what was read last. */
  isNull(i: number): boolean {
    return this.current[i] === null;
  }

  /**
   * Reads the gradients from the user's object; without one, takes those that are bound. A getter or a proxy may run
   * code here, so the lengths of all arrays are to be checked after this and not before.
   */
  read(grads: unknown): void {
    if (grads === undefined) {
      if (!this.#anyBound) {
        throw typeError(
          'ERR_INVALID_GRADS',
          'grads must be given to step, or to bindGrads before it, received undefined',
        );
      }
      this.#isNew = false;
      return;
    }
    this.#checkShape(grads);
    const incoming = this.#incoming;
    if (this.#isList) this.#readList(grads as unknown as readonly unknown[]);
    else this.#readRecord(grads);
    let isNew = !this.#anyBound;
    for (let i = 0; i < incoming.length; i++) isNew ||= incoming[i] !== this.#bound[i];
    this.#isNew = isNew;
  }

  #checkShape(grads: unknown): asserts grads is Readonly<Record<string | number, unknown>> {
    if (typeof grads !== 'object' || grads === null || Array.isArray(grads) !== this.#isList || dtypeOf(grads)) {
      throw wrongShape(this.#isList, grads);
    }
    if (!this.#isList) return;
    const given = (grads as readonly unknown[]).length;
    const count = this.#params.length;
    if (given !== count) throw rangeError('ERR_INVALID_GRADS', `grads has ${given} entries, params has ${count}`);
  }

  #readList(grads: readonly unknown[]): void {
    const incoming = this.#incoming;
    for (let i = 0; i < incoming.length; i++) incoming[i] = hasInheritedEntry(i) ? entryOf(grads, i) : grads[i];
  }

  #readRecord(grads: Readonly<Record<string | number, unknown>>): void {
    const params = this.#params;
    const incoming = this.#incoming;
    for (let i = 0; i < incoming.length; i++) incoming[i] = unread;
    if (!walksObjectPrototype() && this.#readInOrder(grads)) return;
    this.#refuseUnknown(grads);
    for (let i = 0; i < incoming.length; i++) {
      if (incoming[i] === unread) incoming[i] = ownOrClass(grads, params[i].name);
    }
    if (incoming.includes(undefined) && isNoRecord(grads)) throw wrongShape(false, grads);
  }

  /**
   * In the record's own order, which V8 walks faster than it finds names, and which nearly always is that of params.
   *
   * @returns whether that were all gradients, and nothing else
   */
  #readInOrder(grads: Readonly<Record<string | number, unknown>>): boolean {
    const params = this.#params;
    const incoming = this.#incoming;
    let given = 0;
    let found = 0;
    for (const name in grads) {
      const i = given < params.length && params[given].name === name ? given : this.#indexOf.get(name);
      given++;
      if (i === undefined) continue;
      incoming[i] = grads[name];
      found++;
    }
    return given === found && found === params.length;
  }

  #refuseUnknown(grads: object): void {
    const unknown = Object.keys(grads).find((name) => !this.#indexOf.has(name));
    if (unknown === undefined) return;
    if (isNoRecord(grads)) throw wrongShape(false, grads);
    const hint = unknown === 'params' ? ': the gradients of all groups come in one record' : '';
    throw typeError(
      'ERR_INVALID_GRADS',
      `grads has an entry ${describe(unknown)}, params has none of that name${hint}`,
    );
  }

  /** Checks what was read anew; nothing is bound yet. */
  check(): void {
    if (!this.#isNew) return;
    const incoming = this.#incoming;
    for (let i = 0; i < incoming.length; i++) {
      const grad = incoming[i];
      if (grad === null) continue;
      const param = this.#params[i];
      const isKnown = grad === this.#bound[i];
      if (!isKnown && dtypeOf(grad) !== param.dtype) throw wrongType(param, grad);
      checkLength(param, grad as FloatArray);
      if (!isKnown) this.#written.refuseOverlap(grad as FloatArray, param.gradLabel);
    }
  }

  /** Checks that what is bound, or will be, is as long as its parameter. Runs no code but ours. */
  checkBound(): void {
    const { current } = this;
    for (let i = 0; i < current.length; i++) {
      const grad = current[i];
      if (grad !== null) checkLength(this.#params[i], grad);
    }
  }

  /** The gradients that are bound, or will be. */
  get current(): readonly (FloatArray | null)[] {
    return this.#isNew ? (this.#incoming as (FloatArray | null)[]) : this.#bound;
  }

  /** Keeps what was read and checked, without binding it. */
  keep(): void {
    if (!this.#isNew) return;
    for (let i = 0; i < this.#bound.length; i++) this.#bound[i] = this.#incoming[i] as FloatArray | null;
    this.#anyBound = true;
    this.#isNew = false;
  }

  /**
   * Binds what was read and checked.
   *
   * @param isForced whether something else was bound meanwhile
   */
  bind(plan: Plan, isForced: boolean): void {
    if (!this.#isNew && !isForced) return;
    plan.bindGrads(0, this.current);
    this.keep();
  }

  /** Lets go of what was read, unless it is bound: gradients that were refused are held no longer. */
  forget(): void {
    this.#incoming.fill(null);
    this.#isNew = false;
  }
}

/** What stands where nothing was read yet. */
const unread = Symbol('unread');

function checkLength({ length, label, gradLabel }: Param, grad: FloatArray): void {
  if (!isWhole(grad, length)) refuseLength(grad, gradLabel, `${label} has ${length}`);
}

function wrongShape(isList: boolean, grads: unknown) {
  const expected = `grads must be ${isList ? 'an array' : 'a record'} like params`;
  const advice = shapeAdvice(grads, 'grads', isList);
  return typeError('ERR_INVALID_GRADS', `${expected}, received ${describe(grads)}${advice}`);
}

function wrongType(param: Param, grad: unknown) {
  const type = arrayNames[param.dtype];
  const code = grad === undefined ? 'ERR_INVALID_GRADS' : 'ERR_DTYPE';
  return typeError(
    code,
    `${param.gradLabel} must be a ${type} like ${param.label}, or null, received ${describe(grad)}${arrayAdvice(grad, param.gradLabel, type)}`,
  );
}
