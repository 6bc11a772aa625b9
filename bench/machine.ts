// Where and on what the numbers were measured.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { backend } from 'lockstep';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** As the operating system tells them, such as `L1d 32K, L2 512K, L3 8192K`. */
  readonly caches?: string;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
  /** What compiled the addon, where its build directory tells. */
  readonly compiler?: string;
  readonly backends: readonly string[];
  readonly commit?: string;
  readonly command: string;
  readonly date: string;
  /** Processes that wanted a core in the last minute, before the benchmark itself began. */
  readonly loadBefore: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** `undefined` for whatever this system cannot answer. */
function attempt<T>(ask: () => T): T | undefined {
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

/** From the build directory that cmake-js or the install script left. */
function compiler(): string | undefined {
  const base = `${root}build/CMakeFiles`;
  const version = readdirSync(base).find((name) => /^\d/.test(name));
  const text = readFileSync(`${base}/${version}/CMakeCXXCompiler.cmake`, 'utf8');
  const value = (name: string) => new RegExp(`set\\(${name} "([^"]+)"\\)`).exec(text)?.[1];
  const id = value('CMAKE_CXX_COMPILER_ID');
  return id && `${id} ${value('CMAKE_CXX_COMPILER_VERSION')}`;
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  const changed = git('status', '--porcelain', '--', 'src', 'binding', 'lib', 'CMakeLists.txt') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with uncommitted changes' : ''}`;
}

export function describeMachine(args: readonly string[]): Machine {
  const found = {
    caches: attempt(process.platform === 'darwin' ? macCaches : linuxCaches),
    compiler: attempt(compiler),
    commit: attempt(commit),
  };
  return {
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${arch()}`,
    node: process.version,
    v8: process.versions.v8,
    backends: backend().available,
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    date: new Date().toISOString().slice(0, 10),
    loadBefore: loadavg()[0],
    ...(found.caches && { caches: found.caches }),
    ...(found.compiler && { compiler: found.compiler }),
    ...(found.commit && { commit: found.commit }),
  };
}
