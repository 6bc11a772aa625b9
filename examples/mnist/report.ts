/** What the demo says about the runs, as text. */
import { median } from './statistics.js';
import type { Run } from './train.js';

export interface Result {
  readonly name: string;
  readonly lr: number;
  /** Share of the test images, 0 … 1. */
  readonly accuracy: number;
  /** The smoothed training loss after each step. */
  readonly losses: Float64Array;
  readonly seconds: number;
  /** The whole training, where a native backend is in use. */
  readonly native: Run | undefined;
  /** The first steps again, or the whole training where there is no native backend. */
  readonly typescript: Run;
}

/** One line instead of a progress bar. */
export function resultLine({ name, losses, accuracy, seconds }: Result): string {
  return `${name.padEnd(9)} loss ${finalLoss(losses)}, test accuracy ${percent(accuracy)}, ${seconds.toFixed(1)} s`;
}

export function resultsTable(results: readonly Result[]): string {
  const header = ['optimizer', 'lr', 'test acc.', 'final loss', 'seconds', 'native ms/step', 'TS ms/step', 'speed-up'];
  const rows = results.map(({ name, lr, accuracy, losses, seconds, native, typescript }) => {
    const slow = median(typescript.stepMilliseconds);
    const fast = native ? median(native.stepMilliseconds) : undefined;
    return [
      name,
      String(lr),
      percent(accuracy),
      finalLoss(losses),
      seconds.toFixed(1),
      fast?.toFixed(4) ?? 'n/a',
      slow.toFixed(4),
      fast ? `${(slow / fast).toFixed(1)} x` : 'n/a',
    ];
  });
  return alignColumns([header, ...rows]);
}

/** Whether the weights were the same, bit for bit, on both backends. */
export function bitsReport(results: readonly Result[], backendName: string, steps: number): string {
  if (!results.every(({ native }) => native)) {
    const rows = results.map(({ name, typescript }) => [name, `typescript ${typescript.hash}`]);
    return `Nothing to compare with: only the TypeScript backend ran. SHA-256 of its weights after ${steps} steps:\n${alignColumns(rows)}`;
  }
  const rows = results.map(({ name, native, typescript }) => [
    name,
    `${backendName} ${native?.hash}`,
    `typescript ${typescript.hash}`,
    isSame({ native, typescript }) ? 'identical' : 'DIFFERENT',
  ]);
  const verdict = results.every(isSame) ? 'identical weights, bit for bit' : 'the weights DIFFER';
  return `First ${steps} steps on ${backendName} and on typescript: ${verdict}. SHA-256 of all weights:\n${alignColumns(rows)}`;
}

export function isSame({ native, typescript }: Pick<Result, 'native' | 'typescript'>): boolean {
  return native?.hash === typescript.hash;
}

export function integer(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function finalLoss(losses: Float64Array): string {
  return (losses.at(-1) ?? Number.NaN).toFixed(4);
}

/** The first column to the left, the others to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
