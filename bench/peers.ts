// Other packages on npm that can take the same step, in the same process and in turn with lockstep.

import { backend, type FloatArray } from 'lockstep';
import { ratio, type Settings, type Spread, spread, timer } from '../dist/bench/measure.js';
import { createOptimizer, fillRealistic, loopTrainee, type OptimizerName, scalarsOf } from '../dist/bench/subjects.js';
import { jax } from './peers/jax.js';
import { onnx } from './peers/onnx.js';
import type { Peer, PeerCase, PeerSubject } from './peers/peer.js';
import { ruvector } from './peers/ruvector.js';
import { tfjs } from './peers/tfjs.js';
import { awaitingTimer, takeTurns } from './turns.js';

export interface PeerRow {
  readonly name: string;
  /** Whether each of its steps was awaited. */
  readonly isAsync: boolean;
  readonly nsPerElement: Spread;
  /** Its time over lockstep's. */
  readonly timesLockstep: Spread;
}

export interface PeerResult {
  readonly optimizer: PeerCase;
  readonly elements: number;
  readonly rounds: number;
  readonly rows: readonly PeerRow[];
}

export interface Peers {
  /** Which were there, as `name version`. */
  readonly versions: readonly string[];
  readonly missing: readonly string[];
  readonly results: readonly PeerResult[];
}

const loaders: readonly (readonly [name: string, load: () => Peer | Promise<Peer>])[] = [
  ['@ruvector/attention', ruvector],
  ['jax-js', jax],
  ['tfjs-wasm', () => tfjs('wasm')],
  ['onnxruntime-node', onnx],
  ['tfjs-cpu', () => tfjs('cpu')],
];

export async function loadPeers(
  say: (line: string) => void,
): Promise<{ peers: readonly Peer[]; missing: readonly string[] }> {
  const peers: Peer[] = [];
  const missing: string[] = [];
  for (const [name, load] of loaders) {
    try {
      peers.push(await load());
    } catch (error) {
      missing.push(name);
      say(`${name}: not run (npm run bench:peers installs it): ${firstLine(error)}`);
    }
  }
  return { peers, missing };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}

/** lockstep and the loops, as the peers are. */
function ours(which: OptimizerName, initial: Float32Array, grad: Float32Array): readonly PeerSubject[] {
  const param = initial.slice();
  const optimizer = createOptimizer(which, [param], backend().available[0]);
  optimizer.bindGrads([grad]);
  const loops = (['hoisted', 'naive'] as const).map((kind): PeerSubject => {
    const { name, step, arrays } = loopTrainee(kind, which, initial.slice(), grad);
    return { name, step, read: () => arrays[0] };
  });
  return [{ name: 'lockstep', step: () => void optimizer.step(), read: () => param }, ...loops];
}

const checkedSteps = 3;
/** Of the largest change that any element has seen: other systems round otherwise, and elsewhere. */
const tolerance = 1e-3;

/** Takes the first steps and compares the params. Throws for a subject that has others than the first one. */
async function isAsyncAndAlike(subject: PeerSubject, initial: Float32Array, expected: FloatArray): Promise<boolean> {
  subject.enter?.();
  let isAsync = false;
  for (let i = 0; i < checkedSteps; i++) {
    const answer = subject.step();
    if (answer instanceof Promise) isAsync = true;
    await answer;
  }
  const actual = await subject.read();
  let largestChange = 0;
  for (let i = 0; i < initial.length; i++) largestChange = Math.max(largestChange, Math.abs(expected[i] - initial[i]));
  for (let i = 0; i < initial.length; i++) {
    if (Math.abs(actual[i] - expected[i]) <= tolerance * largestChange) continue;
    throw new Error(
      `${subject.name}: element ${i} is ${actual[i]} after ${checkedSteps} steps, lockstep has ${expected[i]}`,
    );
  }
  return isAsync;
}

/** How many bytes the subjects may take together, temporaries included. */
export function peerBytes(elements: number): number {
  return 40 * elements * Float32Array.BYTES_PER_ELEMENT;
}

export async function measurePeers(
  peers: readonly Peer[],
  which: PeerCase,
  elements: number,
  settings: Settings,
  say: (line: string) => void,
): Promise<PeerResult> {
  const initial = fillRealistic(new Float32Array(elements), 0.05, 2);
  const grad = fillRealistic(new Float32Array(elements), 0.01, 1);
  const subjects: { readonly subject: PeerSubject; readonly isAsync: boolean }[] = [];
  let expected: FloatArray = initial;
  for (const subject of ours(which, initial, grad)) {
    if (subject.name === 'lockstep') {
      for (let i = 0; i < checkedSteps; i++) subject.step();
      expected = (await subject.read()).slice();
      subjects.push({ subject, isAsync: false });
    } else {
      subjects.push({ subject, isAsync: await isAsyncAndAlike(subject, initial, expected) });
    }
  }
  for (const peer of peers) {
    try {
      const subject = await peer.setUp(which, initial, grad, scalarsOf(which));
      subjects.push({ subject, isAsync: await isAsyncAndAlike(subject, initial, expected) });
    } catch (error) {
      say(`  ${peer.name}: not run: ${firstLine(error)}`);
    }
  }
  const turns = subjects.map(({ subject: { name, step, enter }, isAsync }) => {
    const time = isAsync ? awaitingTimer(step as () => Promise<void>) : timer({ name, step: step as () => void });
    return {
      name,
      time: (calls: number) => {
        enter?.();
        return time(calls);
      },
    };
  });
  const series = await takeTurns(turns, settings);
  for (const { subject } of subjects) subject.dispose?.();
  const rows = turns.map(({ name }, i) => ({
    name,
    isAsync: subjects[i].isAsync,
    nsPerElement: spread(series[i].map((ns) => ns / elements)),
    timesLockstep: ratio(series[i], series[0]),
  }));
  return { optimizer: which, elements, rounds: settings.rounds, rows };
}
