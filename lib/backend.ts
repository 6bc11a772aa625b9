// Which backend runs: the best that this machine can, or the one that was asked for by name.

import type { FloatArray } from './arrays.js';
import { describe, rangeError } from './errors.js';
import { loadAddon, nativeBackend } from './native.js';
import type { Rule } from './rules/rule.js';
import { typescript } from './typescript.js';

/** An instruction set of the addon. */
export type NativeName = 'avx512' | 'avx2' | 'neon' | 'scalar';

/** A backend. All of them write the same bits. */
export type BackendName = NativeName | 'typescript';

/** One optimizer's arrays, bound to a backend. */
export interface Plan {
  /** One sweep over every parameter that has a row and a gradient. */
  step(): void;
  /** Binds a gradient, or `null` for none, to every parameter. They are checked already. */
  bindGrads(grads: readonly (FloatArray | null)[]): void;
}

export interface Backend {
  readonly name: BackendName;
  /**
   * @param tensors each parameter followed by its state
   * @param coefficients rows of a step's scalars in the rule's order, as many rows as parameters; written before each step
   * @param rows each parameter's row, or -1 to leave it alone; written before each step
   */
  bind(rule: Rule, tensors: readonly (readonly FloatArray[])[], coefficients: Float64Array, rows: Int32Array): Plan;
}

/** What `backend()` answers. */
export interface BackendInfo {
  /** The backend that an optimizer gets when it names none. */
  readonly name: BackendName;
  /** Every backend that this machine can run, best first. */
  readonly available: readonly BackendName[];
  /** How many threads a step uses. */
  readonly threads: number;
  /** Why the binary did not load, or `null` where it did. */
  readonly loadError: Error | null;
}

interface Choice {
  readonly backends: readonly Backend[];
  readonly preferred: Backend;
  readonly loadError: Error | null;
}

let choice: Choice | undefined;

/** Made at first use and kept for the process, so that importing lockstep costs nothing and cannot fail. */
function choose(): Choice {
  if (choice !== undefined) return choice;
  const { addon, loadError } = loadAddon();
  const native = addon === null ? [] : addon.isas.map((isa) => nativeBackend(addon, isa));
  const backends = [...native, typescript];
  const forced = process.env.LOCKSTEP_BACKEND;
  const preferred = forced ? find(backends, forced, 'LOCKSTEP_BACKEND', loadError) : backends[0];
  if (loadError !== null && !forced) {
    process.emitWarning(
      `lockstep runs in TypeScript, several times slower than natively, since its binary did not load: ${loadError.message}`,
      { code: 'LOCKSTEP_NO_BINARY' },
    );
  }
  choice = { backends, preferred, loadError };
  return choice;
}

function find(backends: readonly Backend[], name: string, source: string, loadError: Error | null): Backend {
  const found = backends.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const known = backends.map((candidate) => candidate.name).join(', ');
  const reason = loadError === null ? '' : ` (the binary did not load: ${loadError.message})`;
  const message = `${source} must be one of ${known}, which this machine can run, received ${describe(name)}${reason}`;
  throw rangeError('ERR_BACKEND', message);
}

/**
 * The backend for an optimizer.
 *
 * @param name one of the available names; without it `LOCKSTEP_BACKEND`, else the best
 * @throws RangeError `ERR_BACKEND` for a name that is unknown or cannot run here; it is never ignored
 */
export function resolveBackend(name?: string): Backend {
  const { backends, preferred, loadError } = choose();
  return name === undefined ? preferred : find(backends, name, 'backend', loadError);
}

/**
 * Which backend runs, which could, and why a binary did not load.
 *
 * The environment variable `LOCKSTEP_BACKEND` forces one for the process; the option `backend` forces one for an
 * optimizer.
 *
 * @throws RangeError `ERR_BACKEND` when `LOCKSTEP_BACKEND` names one that is unknown or cannot run here
 */
export function backend(): BackendInfo {
  const { backends, preferred, loadError } = choose();
  return { name: preferred.name, available: backends.map((candidate) => candidate.name), threads: 1, loadError };
}
