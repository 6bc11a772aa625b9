// What the scripts that run lockstep elsewhere have in common: child processes, and the table of what became of them.

import { spawn, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const minutes = 25;

/** Resolves when the program has ended, however it did; rejects when it cannot be started or takes too long. */
export function run(command, args, { cwd = root, env = {}, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      signal: AbortSignal.timeout(minutes * 60_000),
      stdio,
    });
    const result = { status: null, stdout: '', output: '' };
    child.stdout?.on('data', (chunk) => {
      result.stdout += chunk;
      result.output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      result.output += chunk;
    });
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ ...result, status: status ?? signal }));
  });
}

/** As `run`, for a program that must succeed: its standard output. */
export async function runOrThrow(command, args, options) {
  const { status, stdout, output } = await run(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output.trimEnd()}`);
  return stdout;
}

/** The programs of `{ program: Debian package }` that are not there, in a sentence, or an empty string. */
export function missingPrograms(programs) {
  const missing = Object.entries(programs).filter(([program]) => spawnSync(program, ['--version']).error !== undefined);
  return missing.map(([program, debian]) => `${program} is missing (Debian package ${debian})`).join(', ');
}

export function printTable(columns, rows) {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i].length)));
  const format = (row) => row.map((cell, i) => cell.padEnd(widths[i])).join('  ');
  console.log(`\n${[columns, ...rows].map((row) => format(row).trimEnd()).join('\n')}\n`);
}
