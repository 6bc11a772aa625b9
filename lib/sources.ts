// The gradients of a step: one for each parameter, or several whose mean is taken.

import type { Accumulator } from './accumulator.js';
import { dtypeOf, type FloatArray, sharesMemory, zero } from './arrays.js';
import { rangeError } from './errors.js';
import { Gradients } from './gradients.js';
import { entriesOf, entryOf } from './own.js';
import type { Param } from './params.js';
import type { Plan } from './plan.js';
import type { Watch } from './watch.js';
import type { Written } from './written.js';

/** How many gradients a parameter can have in one step; the backends have room for a few more. */
const mostSources = 1000;

export class Sources {
  readonly #params: readonly Param[];
  readonly #written: Written;
  readonly #isList: boolean;
  readonly #indexOf: ReadonlyMap<unknown, number>;
  /** Those that steps without gradients of their own use, and while a step is on its way those that it was given. */
  readonly #lists: Gradients[];
  /** How many lists the next step uses: the first ones. */
  count = 1;
  /** How many were bound last: what steps without gradients of their own use. */
  #kept = 1;
  readonly #first: Gradients;
  /** Whether the plan has other gradients bound than those of the first list. */
  #isMixed = false;
  /** How many gradients the plan holds for one parameter at most. */
  #heldCount = 0;
  /** A null for each parameter: what has the plan let go of a gradient. */
  readonly #none: readonly null[];
  /** How many lists `areShared` was last asked of, or 0 where other gradients came since, and what it answered. */
  #askedCount = 0;
  #wereShared = false;

  /** @param written what a step writes: no gradient may share memory with any of it */
  constructor(params: readonly Param[], written: Written, isList: boolean) {
    this.#params = params;
    this.#written = written;
    this.#isList = isList;
    this.#indexOf = new Map(params.map(({ name }, i) => [name, i]));
    this.#none = params.map(() => null);
    this.#first = new Gradients(params, written, isList, this.#indexOf);
    this.#lists = [this.#first];
  }

  /** Reads the gradients from the user's object: one of the shape of params, or a list of such. */
  read(grads: unknown): void {
    const first = this.#first;
    if (!this.#isSeveral(grads)) {
      this.count = grads === undefined ? this.#kept : 1;
      for (let k = 0; k < this.count; k++) this.#lists[k].read(grads);
      if (this.count === 1) return;
    } else {
      const several = entriesOf(grads);
      if (several.length > mostSources) {
        const message = `grads must be at most ${mostSources} for one step, received ${several.length}`;
        throw rangeError('ERR_INVALID_GRADS', message);
      }
      while (this.#lists.length < several.length) {
        this.#lists.push(new Gradients(this.#params, this.#written, this.#isList, this.#indexOf));
      }
      several.forEach((each, k) => {
        this.#lists[k].read(each ?? null);
      });
      this.count = several.length;
    }
    for (let k = 1; k < this.count; k++) {
      const differing = this.#params.findIndex((_, i) => this.#lists[k].isNull(i) !== first.isNull(i));
      if (differing < 0) continue;
      const { gradLabel } = this.#params[differing];
      throw rangeError(
        'ERR_INVALID_GRADS',
        `${gradLabel} must be given in all of several grads or be null in all, but is null in ${first.isNull(differing) ? 'the first' : `number ${k + 1}`} alone`,
      );
    }
  }

  #isSeveral(grads: unknown): grads is readonly unknown[] {
    if (!Array.isArray(grads) || grads.length === 0) return false;
    const first = entryOf(grads, 0);
    if (typeof first !== 'object' || first === null || dtypeOf(first) !== undefined || ArrayBuffer.isView(first))
      return false;
    return !Array.isArray(first) || typeof first[0] !== 'number'; // numbers are meant as one gradient
  }

  /** Whether what was read last is what the plan has bound: one gradient a parameter, the same arrays as before. */
  areBound(): boolean {
    return this.count === 1 && !this.#isMixed && !this.#first.areNew;
  }

  /** Whether what was read last can stand in place of what the plan has bound: gradients of the same parameters. */
  areReplaced(): boolean {
    return this.count === 1 && !this.#isMixed && this.#first.hasSameNulls();
  }

  /** Whether the plan has one gradient a parameter bound, of those that are kept for steps without gradients of their own. */
  areKept(): boolean {
    return this.#kept === 1 && !this.#isMixed;
  }

  /** Has all gradients watched that are bound as the first of their parameters. */
  watch(watch: Watch): void {
    const { bound } = this.#first;
    for (let i = 0; i < bound.length; i++) {
      const array = bound[i];
      if (array !== null) watch.add(array, this.#params[i].length);
    }
  }

  /** Has the step that comes use none of these gradients, but only what was gathered. */
  useNone(): void {
    this.count = 0;
  }

  /** Whether parameter `i` has a gradient. */
  has(i: number): boolean {
    return this.count > 0 && !this.#first.isNull(i);
  }

  /**
   * Checks what was read anew; nothing is bound yet.
   *
   * @param isGathered whether sums of calls before will be bound besides
   */
  check(isGathered = false): void {
    for (let k = 0; k < this.count; k++) {
      const list = this.#lists[k];
      if (list.areNew) this.#askedCount = 0;
      if (list.areNew) list.check();
      else if (this.#isMixed || isGathered) list.checkBound(); // they will be bound anew
    }
  }

  /** Checks that what is bound is still as long as it was. Runs no code but ours. */
  checkBound(): void {
    for (let k = 0; k < this.count; k++) this.#lists[k].checkBound();
  }

  /**
   * Binds what was read and checked, and before it what was gathered.
   *
   * @throws RangeError `ERR_OVERLAP` for an overlap that only addresses show
   */
  bind(plan: Plan, gathered: Accumulator | undefined): void {
    try {
      this.#bindAll(plan, gathered);
    } catch (error) {
      // The memory of an array that was transferred may have come back as a gradient: then the array is what is wrong, and the
      // backends that compare no addresses say so, too.
      this.#written.check();
      throw this.#written.named(error, (index) => this.#params[index % this.#params.length].gradLabel);
    }
  }

  #bindAll(plan: Plan, gathered: Accumulator | undefined): void {
    if (this.count === 1 && gathered === undefined) {
      const isMixed = this.#isMixed;
      this.#isMixed = true; // as long as not all are bound
      this.#first.bind(plan, isMixed);
      if (this.#heldCount !== 1) this.#hold(plan, 1);
      this.#isMixed = false;
      if (this.#kept !== 1) this.keep();
      return;
    }
    this.#isMixed = true;
    const columns = this.#params.map((_, i) => this.of(i, gathered));
    const bound = this.boundCount(gathered);
    for (let s = 0; s < bound; s++) {
      plan.bindGrads(
        s,
        columns.map((column) => column[s] ?? null),
      );
    }
    this.#hold(plan, bound);
    this.keep();
  }

  /** Has the plan hold so many gradients of each parameter: it lets go of further ones that it had before. */
  #hold(plan: Plan, count: number): void {
    for (let s = count; s < this.#heldCount; s++) plan.bindGrads(s, this.#none);
    this.#heldCount = count;
  }

  /** Has the plan let go of all gradients: those of the last step, where the next one will not use them. */
  unbind(plan: Plan): void {
    this.#isMixed = true;
    this.#hold(plan, 0);
  }

  /**
   * Lets go of the gradients that were read last and refused. Those that steps without gradients of their own use stay.
   *
   * @param plan which may hold some of them, where it was to bind several
   */
  forget(plan: Plan): void {
    this.#askedCount = 0;
    for (let k = 0; k < this.#lists.length; k++) this.#lists[k].forget();
    this.#lists.length = this.#kept;
    if (!this.#isMixed) return;
    this.#heldCount = Math.max(this.#heldCount, this.count + 1);
    this.unbind(plan);
  }

  /** Checks what was read and binds it, where it can stand in place of what is bound. */
  replace(plan: Plan): void {
    this.#askedCount = 0;
    if (plan.checksGrads) {
      try {
        this.bind(plan, undefined);
      } catch (error) {
        this.check(); // says the same, in words that name the parameter
        throw error;
      }
    } else {
      this.check();
      this.bind(plan, undefined);
      this.checkBound();
    }
  }

  /** How many gradients the plan has for one parameter at most, once they are bound. */
  boundCount(gathered: Accumulator | undefined): number {
    return this.count + (gathered === undefined ? 0 : 1);
  }

  /** Keeps what was read and checked for the steps to come, and no gradients of steps before. */
  keep(): void {
    if (this.count === 0) return;
    this.#kept = this.count;
    for (let k = 0; k < this.count; k++) this.#lists[k].keep();
    if (this.#lists.length > this.count) this.#lists.length = this.count; // to set it is slow, even to what it is
  }

  /** All gradients of parameter `i`, in the order in which they are summed. */
  of(i: number, gathered: Accumulator | undefined): readonly FloatArray[] {
    const sum = gathered?.of(i);
    const given = this.#lists.slice(0, this.count).flatMap((list) => list.current[i] ?? []);
    return sum == null ? given : [sum, ...given];
  }

  /** Calls `use` with the gradients of each source. */
  each(use: (grads: readonly (FloatArray | null)[]) => void): void {
    for (let k = 0; k < this.count; k++) use(this.#lists[k].current);
  }

  /** Whether any two gradients share memory, so that one cannot be zeroed before the other is used. */
  areShared(): boolean {
    if (this.#askedCount !== this.count) {
      const grads = this.#lists.slice(0, this.count).flatMap((list) => list.current);
      this.#wereShared = sharesMemory(grads.filter((grad) => grad !== null));
      this.#askedCount = this.count;
    }
    return this.#wereShared;
  }

  zero(): void {
    this.each((grads) => {
      for (const grad of grads) if (grad !== null) zero(grad);
    });
  }
}
