// Which backend runs: the best that this machine can, or the one that was asked for by name.

import { describe, rangeError } from './errors.js';
import { loadAddon, nativeBackend } from './native.js';
import type { Backend, BackendName } from './plan.js';
import { availableThreads } from './threads.js';
import { typescript } from './typescript.js';

/** What `backend()` answers. */
export interface BackendInfo {
  /** The backend that an optimizer gets when it names none. */
  readonly name: BackendName;
  /** Every backend that this machine can run, best first. */
  readonly available: readonly BackendName[];
  /** How many threads a step may use: fewer are used where there is little to do, and one in TypeScript. */
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

/** Whether `LOCKSTEP_REQUIRE_NATIVE` forbids to run in TypeScript for want of a binary. */
function requiresNative(): boolean {
  const given = process.env.LOCKSTEP_REQUIRE_NATIVE;
  if (given === '1') return true;
  if (!given || given === '0') return false;
  throw rangeError('ERR_BACKEND', `LOCKSTEP_REQUIRE_NATIVE must be 1 or 0, received ${describe(given)}`);
}

/** Made at first use and kept for the process, so that importing lockstep costs nothing and cannot fail. */
function choose(): Choice {
  if (choice !== undefined) return choice;
  const { addon, loadError } = loadAddon();
  if (requiresNative() && loadError !== null) {
    throw rangeError('ERR_BACKEND', `LOCKSTEP_REQUIRE_NATIVE is 1, but no binary was loaded: ${loadError.message}`);
  }
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
 * @throws RangeError `ERR_BACKEND` when `LOCKSTEP_BACKEND` names one that is unknown or cannot run here, and when
 *   `LOCKSTEP_REQUIRE_NATIVE` is 1 and no binary was loaded, or is neither 1 nor 0
 */
export function backend(): BackendInfo {
  const { backends, preferred, loadError } = choose();
  return {
    name: preferred.name,
    available: backends.map((candidate) => candidate.name),
    threads: availableThreads(),
    loadError,
  };
}
