// What a peer is to the benchmark. Each file beside this one is one library, called as its documentation says.
//
// The libraries stand in a package of their own (`npm run bench:peers` installs it), so their types are not here: each file
// declares the few calls that it makes.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FloatArray } from 'lockstep';

/** What the peers can do, too; the loops of lib/bench/loops.ts by the same name give the same params. */
export type PeerCase = 'Adam' | 'Momentum';

export interface PeerScalars {
  readonly lr: number;
  readonly momentum: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/** One parameter with a gradient, set up in a library. */
export interface PeerSubject {
  readonly name: string;
  /** One step. One that answers with a promise is timed with `await`. */
  readonly step: () => void | Promise<void>;
  /** Called before the steps of a turn, untimed. */
  readonly enter?: () => void;
  /** The parameter as it is now. */
  readonly read: () => FloatArray | Promise<FloatArray>;
  readonly dispose?: () => void;
}

export interface Peer {
  /** Name on npm, and what else tells rows apart, such as `@tensorflow/tfjs-backend-cpu`. */
  readonly name: string;
  readonly version: string;
  readonly setUp: (
    which: PeerCase,
    param: Float32Array,
    grad: Float32Array,
    scalars: PeerScalars,
  ) => PeerSubject | Promise<PeerSubject>;
}

/** As from a file in bench/peers. */
export const requirePeer = createRequire(new URL('package.json', import.meta.url));

export function versionOf(name: string): string {
  for (const directory of requirePeer.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(`${directory}/${name}/package.json`, 'utf8')) as { version: string }).version;
    } catch {
      // not in this directory: the next one out
    }
  }
  throw new Error(`${name} is not installed`);
}
