// Where and on what the numbers were measured.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { backend } from '../index.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** As the operating system tells them, such as `L1d 32K, L2 512K, L3 8192K`. */
  readonly caches?: string;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
  readonly backends: readonly string[];
  readonly command: string;
  readonly date: string;
  /** Processes that wanted a core in the last minute, before the benchmark itself began. */
  readonly loadBefore: number;
}

/** `undefined` for whatever this system cannot answer. */
export function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function linuxCaches(): string {
  const base = '/sys/devices/system/cpu/cpu0/cache';
  const read = (index: string, file: string) => readFileSync(`${base}/${index}/${file}`, 'utf8').trim();
  return readdirSync(base)
    .filter((index) => index.startsWith('index') && read(index, 'type') !== 'Instruction')
    .map((index) => `L${read(index, 'level')}${read(index, 'type') === 'Data' ? 'd' : ''} ${read(index, 'size')}`)
    .join(', ');
}

function macCaches(): string {
  const size = (name: string) => Number(execFileSync('sysctl', ['-n', name], { encoding: 'utf8' })) / 1024;
  return `L1d ${size('hw.l1dcachesize')}K, L2 ${size('hw.l2cachesize')}K`;
}

export function describeMachine(command: string, args: readonly string[]): Machine {
  const caches = attempt(process.platform === 'darwin' ? macCaches : linuxCaches);
  return {
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${arch()}`,
    node: process.version,
    v8: process.versions.v8,
    backends: backend().available,
    command: [command, ...args].join(' '),
    date: new Date().toISOString().slice(0, 10),
    loadBefore: loadavg()[0],
    ...(caches && { caches }),
  };
}
