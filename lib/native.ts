// The only place that touches the binary.

import { join } from 'node:path';
import loadBinary from 'node-gyp-build';
import type { FloatArray } from './arrays.js';
import type { Backend, NativeName } from './plan.js';
import { rules } from './rules/index.js';
import { prologue } from './rules/prologue.js';
import type { Rule } from './rules/rule.js';

/**
 * What binding/addon.cpp exports. It re-checks types, lengths and overlap of what it is given, and throws; that bound
 * arrays are still what they were is for us to check before each step (binding/plan.h).
 */
export interface Addon {
  /** The instruction sets that this machine can run, best first. */
  readonly isas: readonly NativeName[];
  readonly rules: Readonly<Record<string, { readonly coefficients: string[]; readonly state: string[] }>>;
  /** The names of the coefficients that stand before every rule's. */
  readonly prologue: readonly string[];
  /** How many gradients one `bindGrads` call takes. */
  readonly maxGrads: number;
  bind(
    isa: string,
    rule: string,
    tensors: readonly (readonly FloatArray[])[],
    coefficients: Float64Array,
    rows: Int32Array,
  ): { step(): void; bindGrads(first: number, ...grads: (FloatArray | null)[]): void };
}

/** Loads the addon. What goes wrong is answered, not thrown: lockstep then runs in TypeScript, and says why. */
export function loadAddon(): { readonly addon: Addon | null; readonly loadError: Error | null } {
  try {
    const addon = loadBinary(join(__dirname, '..')) as Addon;
    if (!isOfThisVersion(addon)) throw new Error('the binary is of another version of lockstep: compile it anew');
    return { addon, loadError: null };
  } catch (error) {
    return { addon: null, loadError: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Whether a row of coefficients means the same to both sides. */
function isOfThisVersion(addon: Addon): boolean {
  const expected = rules.map(({ name, coefficients, state }) => [name, Object.keys(coefficients).join(), state.join()]);
  const found = Object.entries(addon.rules ?? {}).map(([name, rule]) => [
    name,
    rule.coefficients.join(),
    rule.state.join(),
  ]);
  const prologueNames = Object.keys(prologue.coefficients).join();
  return String(found.sort()) === String(expected.sort()) && addon.prologue?.join() === prologueNames;
}

export function nativeBackend(addon: Addon, isa: NativeName): Backend {
  return {
    name: isa,
    bind(rule: Rule, tensors, coefficients, rows) {
      const { step, bindGrads } = addon.bind(isa, rule.name, tensors, coefficients, rows);
      return {
        step,
        bindGrads(grads) {
          for (let first = 0; first < grads.length; first += addon.maxGrads) {
            bindGrads(first, ...grads.slice(first, first + addon.maxGrads));
          }
        },
      };
    },
  };
}
