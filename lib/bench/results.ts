// The results of `npx lockstep bench` as data and as text.

import { backend } from '../index.js';
import { installedVersion } from '../version.js';
import { describeMachine, type Machine } from './machine.js';
import { digits, shortCell, sizeName, table } from './text.js';
import { agreementElements, type Throughput } from './throughput.js';

export interface Environment extends Machine {
  /** The version of lockstep. */
  readonly lockstep: string;
  /** The backend that runs by default: an instruction set, or `typescript`. */
  readonly backend: string;
  /** How many threads a step may use. */
  readonly threads: number;
  /** Why no binary was loaded, or `null`. */
  readonly loadError: string | null;
}

/** What `--json` writes. */
export interface Results {
  readonly environment: Environment;
  readonly throughput: readonly Throughput[];
}

export function describeEnvironment(args: readonly string[]): Environment {
  const { name, threads, loadError } = backend();
  return {
    lockstep: installedVersion(),
    ...describeMachine('npx lockstep bench', args),
    backend: name,
    threads,
    loadError: loadError?.message ?? null,
  };
}

/** What was measured where, a line each. */
export function environmentLines(environment: Environment): readonly (readonly [label: string, value: string])[] {
  const { cpu, cores, caches, memoryGiB, os, node, v8, backends, loadError } = environment;
  return [
    ['lockstep', environment.lockstep],
    ['CPU', `${cpu}, ${cores} cores${caches === undefined ? '' : `, ${caches}`}, ${memoryGiB} GiB of memory`],
    ['system', os],
    ['Node', `${node}, V8 ${v8}`],
    ['backend', `${environment.backend}, of ${backends.join(', ')}`],
    ['threads', String(environment.threads)],
    ['load', `${environment.loadBefore.toFixed(1)} processes before the start`],
    ...(loadError === null ? [] : [['no binary', loadError] as const]),
  ];
}

export function environmentText(environment: Environment): string {
  return environmentLines(environment)
    .map(([label, value]) => `${label.padEnd(10)}${value}`)
    .join('\n');
}

/** The rows of a case by name, in the order in which they come, with that of each size where it was measured. */
function rowsByName({ sizes }: Throughput) {
  const names = [...new Set(sizes.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const isLoop = (name: string) =>
    sizes.some(({ rows }) => rows.some((row) => row.name === name && row.kind === 'loop'));
  return names
    .toSorted((a, b) => Number(isLoop(a)) - Number(isLoop(b)))
    .map((name) => ({
      name,
      isLoop: isLoop(name),
      cells: sizes.map(({ rows }) => rows.find((row) => row.name === name)),
    }));
}

/** The head and the rows of the table of one optimizer. */
export function tableOf(throughput: Throughput): { head: readonly string[]; body: readonly (readonly string[])[] } {
  const rows = rowsByName(throughput);
  const lines = (what: string, of: (row: NonNullable<(typeof rows)[0]['cells'][0]>) => string, skipLoop = false) =>
    rows
      .filter(({ isLoop }) => !(skipLoop && isLoop))
      .map(({ name, cells }) => [`${name}: ${what}`, ...cells.map((row) => (row === undefined ? '' : of(row)))]);
  return {
    head: [titleOf(throughput), ...throughput.sizes.map(({ elements }) => sizeName(elements))],
    body: [
      ...lines('ns/element', ({ nsPerElement }) => shortCell(nsPerElement)),
      ...lines('GB/s', ({ gbPerSecond }) => digits(gbPerSecond)),
      ...lines('× hoisted loop', ({ timesHoisted }) => shortCell(timesHoisted), true),
    ],
  };
}

export function titleOf({ optimizer, dtype }: Pick<Throughput, 'optimizer' | 'dtype'>): string {
  return `${optimizer} ${dtype}`;
}

export function notRunLines(throughput: Throughput): readonly string[] {
  return throughput.notRun.map(
    ({ elements, reason }) => `${titleOf(throughput)}, ${sizeName(elements)}: not run, ${reason}`,
  );
}

export function throughputText(throughput: Throughput): string {
  const { head, body } = tableOf(throughput);
  return [...(throughput.sizes.length === 0 ? [] : [table(head, body)]), ...notRunLines(throughput)].join('\n');
}

export function agreementText({ environment, throughput }: Results): string {
  const compared = throughput.reduce((sum, { comparedElements }) => sum + comparedElements, 0);
  const { backends } = environment;
  if (backends.length === 1) return `There is only one backend here, ${backends[0]}.`;
  return (
    `${listed(backends)} wrote the same bits into arrays of ${agreementElements.toLocaleString('en-US')} elements, with one thread and with ` +
    `several, and so did the backends of the tables at each of their sizes: ${compared.toLocaleString('en-US')} elements of params and state were compared in all.`
  );
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/** What the words of the tables mean. */
export const explanation =
  `Medians of rounds in which all rows take turns, in one process; ±: half the distance of the quartiles. GB/s counts what a step must
read and write: the gradient once, the parameter and each array of its state twice. The hoisted loop is the same rule in plain JavaScript, as one
writes it who knows V8; it does not round to f32 between operations, as lockstep's TypeScript backend must. A buffer was transferred first,
as fetch, streams and workers do in most programs: from then on V8 asks for each element whether its array is still attached, and in a program
that never transfers one the loop is up to 1.6 times as fast.`.replaceAll('\n', ' ');
