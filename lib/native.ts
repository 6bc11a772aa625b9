// What the binary exports, and the backends that it makes.

import { type FloatArray, lengthOf } from './arrays.js';
import { type Loaded, loadBinary } from './binary.js';
import { type Backend, type NativeName, stages } from './plan.js';
import { rules } from './rules/index.js';
import { Prologue } from './rules/prologue.js';
import type { Rule } from './rules/rule.js';
import { version } from './where.js';

/** The names that a rule has in C++. */
interface RuleNames {
  readonly coefficients: string[];
  readonly state: string[];
  readonly measures: string[];
}

/**
 * What binding/addon.cpp exports. It re-checks types, lengths and overlap of what it is given, and throws; that bound
 * arrays are still what they were is for us to check before each step (binding/plan.h).
 */
export interface Addon {
  /** The version of the package that it was built from. */
  readonly version: string;
  /** The instruction sets that this machine can run, best first. */
  readonly isas: readonly NativeName[];
  readonly rules: Readonly<Record<string, RuleNames>>;
  /** The names of the coefficients that stand before every rule's. */
  readonly prologue: readonly string[];
  /** The names of the coefficients that stand first in a row. */
  readonly stages: readonly string[];
  /** How many gradients one `bindGrads` call takes. */
  readonly maxGrads: number;
  /** How many threads there are beside the calling one, and a way to let the start of more fail; for tests. */
  readonly helperCount: () => number;
  readonly failToStartHelpers: (fail: boolean) => void;
  bind(
    isa: string,
    tensors: readonly {
      readonly rule: string;
      readonly arrays: readonly FloatArray[];
      readonly average: FloatArray | null;
    }[],
    coefficients: Float64Array,
    width: number,
    rows: Int32Array,
    sums: Float64Array,
    threads: number,
  ): {
    step(): void;
    measure(): void;
    measureGrads(): void;
    bindGrads(first: number, ...grads: (FloatArray | null)[]): void;
  };
}

const { apply } = Reflect;

export interface LoadedAddon extends Omit<Loaded, 'exports'> {
  readonly addon: Addon | null;
}

/**
 * Loads the addon. What goes wrong is answered, not thrown: lockstep then runs in TypeScript, and says why.
 *
 * @param path the file that the user named by `useBinary`
 */
export function loadAddon(path?: string): LoadedAddon {
  const { exports, ...rest } = loadBinary(requireOurs, path);
  return { addon: exports as Addon | null, ...rest };
}

/** Throws unless a row of coefficients means the same to both sides, and both are of one version. */
function requireOurs(exports: unknown): void {
  const addon = exports as Partial<Addon> | null;
  if (typeof addon !== 'object' || !Array.isArray(addon?.isas)) throw new Error('it is no binary of lockstep');
  const wanted = version();
  if (addon.version !== wanted) {
    const found = addon.version ?? 'an unknown version';
    throw new Error(`the binary is of another version of lockstep (${found}, not ${wanted}): compile it anew`);
  }
  if (!hasOurRules(addon as Addon)) throw new Error('the binary is of another version of lockstep: compile it anew');
}

function hasOurRules(addon: Addon): boolean {
  const expected = rules.map((rule) => signature(rule.name, namesOf(rule)));
  const found = Object.entries(addon.rules ?? {}).map(([name, names]) => signature(name, names));
  return (
    String(found.sort()) === String(expected.sort()) &&
    String(addon.prologue) === String(Object.keys(Prologue.coefficients)) &&
    String(addon.stages) === String(Object.keys(stages))
  );
}

function namesOf({ coefficients, state, measures }: Rule): RuleNames {
  return { coefficients: Object.keys(coefficients), state: [...state], measures: [...(measures?.names ?? [])] };
}

function signature(name: string, { coefficients, state, measures = [] }: RuleNames): string {
  return `${name}(${coefficients}; ${state}; ${measures})`;
}

export function nativeBackend(addon: Addon, isa: NativeName): Backend {
  return {
    name: isa,
    bind(tensors, { coefficients, width, rows, sums, threads }) {
      const named = tensors.map(({ rule, arrays, average }) => ({ rule: rule.name, arrays, average }));
      const { step, measure, measureGrads, bindGrads } = addon.bind(
        isa,
        named,
        coefficients,
        width,
        rows,
        sums,
        threads,
      );
      // Lists of arguments, for as many calls as it takes. What hands them on was captured: no code of the user's can run
      // between the check of a gradient and the step.
      const calls = Array.from({ length: Math.ceil(tensors.length / addon.maxGrads) }, (_, call) =>
        new Array<number | FloatArray | null>(
          1 + Math.min(addon.maxGrads, tensors.length - call * addon.maxGrads),
        ).fill(null),
      );
      return {
        step,
        measure,
        measureGrads,
        // Of an array without elements the addon cannot tell whether it is detached.
        checksGrads: tensors.every(({ arrays: [param] }) => lengthOf(param) > 0),
        bindGrads(source, grads) {
          let i = 0;
          for (let call = 0; call < calls.length; call++) {
            const args = calls[call];
            args[0] = source * grads.length + i;
            for (let k = 1; k < args.length; k++) args[k] = grads[i++];
            apply(bindGrads, undefined, args);
          }
        },
      };
    },
  };
}
