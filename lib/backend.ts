// Which backend runs: the best that this machine can, or the one that was asked for by name.

import { describe, rangeError, typeError } from './errors.js';
import { type LoadedAddon, loadAddon, nativeBackend } from './native.js';
import type { Backend, BackendName } from './plan.js';
import { environment, warn } from './runtime.js';
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
let chosenBinary: LoadedAddon | undefined;

/** Whether `LOCKSTEP_REQUIRE_NATIVE` forbids to run in TypeScript for want of a binary. */
function requiresNative(): boolean {
  const given = environment('LOCKSTEP_REQUIRE_NATIVE');
  if (given === '1') return true;
  if (!given || given === '0') return false;
  throw rangeError('ERR_BACKEND', `LOCKSTEP_REQUIRE_NATIVE must be 1 or 0, received ${describe(given)}`);
}

/** Made at first use and kept for the process, so that importing lockstep costs nothing and cannot fail. */
function choose(): Choice {
  if (choice !== undefined) return choice;
  const { addon, loadError, named } = chosenBinary ?? loadAddon();
  if (loadError !== null && named !== null) throw rangeError('ERR_BACKEND', loadError.message);
  if (requiresNative() && loadError !== null) {
    throw rangeError('ERR_BACKEND', `LOCKSTEP_REQUIRE_NATIVE is 1, but no binary was loaded: ${loadError.message}`);
  }
  const native = addon === null ? [] : addon.isas.map((isa) => nativeBackend(addon, isa));
  const backends = [...native, typescript];
  const forced = environment('LOCKSTEP_BACKEND');
  const preferred = forced ? find(backends, forced, 'LOCKSTEP_BACKEND', loadError) : backends[0];
  if (loadError !== null && !forced) {
    warn(
      `lockstep runs in TypeScript, several times slower than natively, since its binary did not load: ${loadError.message}`,
      'LOCKSTEP_NO_BINARY',
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
 * Names the binary that this process loads, in place of the one that lockstep would look for: one that a packager signed or
 * patched, or that lies where a bundle or a single executable finds none.
 *
 * The file is loaded at once, without asking for its checksum; but it must be a binary of this version of lockstep. What is
 * named here goes before the environment variable `LOCKSTEP_BINARY`, which does the same. Each worker thread names its own.
 *
 * @param path the file, whose name must end in `.node`; a relative path is one from the current directory of the process
 * @throws TypeError `ERR_INVALID_OPTION` for a path that is not a string or is empty; TypeError `ERR_MODE` once a backend was
 *   chosen, which the first optimizer and the first call of `backend` do; RangeError `ERR_BACKEND` for a file that is missing,
 *   that cannot be loaded, or that is not a binary of this version
 */
export function useBinary(path: string): void {
  if (typeof path !== 'string' || path === '') {
    throw typeError('ERR_INVALID_OPTION', `useBinary: path must be the path of a file, received ${describe(path)}`);
  }
  if (choice !== undefined) {
    const message =
      'useBinary must be called before the first optimizer and the first call of backend(): a backend was chosen';
    throw typeError('ERR_MODE', message);
  }
  const loaded = loadAddon(path);
  if (loaded.loadError !== null) throw rangeError('ERR_BACKEND', loaded.loadError.message);
  chosenBinary = loaded;
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
 *   `LOCKSTEP_REQUIRE_NATIVE` is 1 and no binary was loaded, or is neither 1 nor 0; and when `LOCKSTEP_BINARY` names a file
 *   that is missing or is not a binary of this version
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
