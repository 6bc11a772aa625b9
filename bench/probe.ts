// Builds and loads the benchmark's own addon: an empty Node-API call and the limits that a step could reach.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { measureInTurn, spread } from '../dist/bench/measure.js';

/** Loops over arrays that whoever calls them keeps alive. */
export interface Limits {
  readonly stream: () => void;
  readonly streamAhead: () => void;
  readonly divRoot?: () => void;
  readonly twoPasses?: () => void;
}

/** What probe.cpp exports. */
export interface Probe {
  readonly empty: () => void;
  /** The instruction set of the limits. */
  readonly isa?: string;
  readonly limits?: {
    (grad: Float32Array, param: Float32Array, ...state: Float32Array[]): Limits;
    (threads: number, grad: Float32Array, param: Float32Array, ...state: Float32Array[]): Limits;
  };
  /** values ← factor · values */
  readonly scale?: (values: Float32Array, factor: number) => void;
}

/** Of the two loops that stream, the one that this machine runs faster. */
export function fasterStream({ stream, streamAhead }: Limits): () => void {
  const settings = { rounds: 7, batchMs: 1, warmMs: 5, settle: 0 };
  const subjects = [stream, streamAhead].map((step) => ({ name: 'stream', step }));
  const [plain, ahead] = measureInTurn(subjects, settings).map((series) => spread(series).median);
  return plain <= ahead ? stream : streamAhead;
}

const directory = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);

function run(command: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: directory, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}`);
}

/** The probe, or why there is none: the benchmark then runs without what it measures. */
export function loadProbe(): { readonly probe: Probe | null; readonly reason: string } {
  if (process.platform === 'win32') return { probe: null, reason: 'it is not built on Windows' };
  try {
    const { include_dir: headers } = require('node-api-headers') as { include_dir: string };
    const generator = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
    run('cmake', ['-S', '.', '-B', 'build', ...generator, `-DNODE_API_INCLUDE=${headers}`]);
    run('cmake', ['--build', 'build', '--config', 'Release']);
    return { probe: require('./build/probe.node') as Probe, reason: '' };
  } catch (error) {
    return { probe: null, reason: error instanceof Error ? error.message : String(error) };
  }
}
