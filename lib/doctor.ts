// npx lockstep doctor: what runs here and why, and how to have lockstep run natively.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { dirname } from 'node:path';
import { runCommand } from './command.js';
import { Adam, type BackendName, backend } from './index.js';
import { libc } from './libc.js';
import { loadAddon } from './native.js';
import { availableThreads, cpuQuota } from './threads.js';
import { version } from './where.js';

const usage = `npx lockstep doctor [--json]

  --json  the same as JSON

It examines the installation that it is called from. Of a program that was bundled or deployed, backend().loadError tells.

Ends with 0 if lockstep runs natively, or on the backend that LOCKSTEP_BACKEND names, and all backends write the same
bits; else with 1.
`;

interface Check {
  readonly backend: BackendName;
  /** SHA-256 of what a short training left, in hexadecimal. */
  readonly hash: string;
}

interface Report {
  readonly lockstep: string;
  /** The folder of the package that was examined. */
  readonly folder: string;
  readonly system: string;
  readonly runtime: string;
  readonly cpu: string;
  /** Features of the CPU that kernels use, where the operating system tells. */
  readonly features: readonly string[] | null;
  /** The files that were there, with what kept each from being loaded. */
  readonly binaries: readonly { readonly file: string; readonly error: string | null }[];
  /** The files that were looked for and were not there. */
  readonly searched: readonly string[];
  readonly backend: BackendName | null;
  readonly available: readonly BackendName[];
  readonly error: string | null;
  readonly threads: { readonly count: number; readonly why: string } | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  readonly remedies: readonly string[];
  readonly healthy: boolean;
}

/** What kernels need, as Linux calls it. */
const features = ['sse2', 'avx', 'avx2', 'avx512f', 'asimd'];

function cpuFeatures(): string[] | null {
  try {
    const found = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(' ') ?? [];
    return features.filter((feature) => found.includes(feature));
  } catch {
    return null;
  }
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`;
}

function threads(): Report['threads'] {
  const count = availableThreads();
  if (process.env.LOCKSTEP_THREADS) return { count, why: 'LOCKSTEP_THREADS' };
  const cores = availableParallelism();
  const why = count < cores ? `the control group allows ${cpuQuota('/')} of ${cores} cores` : `${cores} cores`;
  return { count, why: `${why}; fewer where there is little to do` };
}

/** A short training, each backend on its own arrays with the same values. */
function trainOn(name: BackendName): Check {
  const length = 1_031; // whole registers and a rest, whatever their width
  const param = Float32Array.from({ length }, (_, i) => (i % 37) / 37 - 0.5);
  const adam = new Adam([param], { lr: 0.01, backend: name });
  for (let step = 0; step < 5; step++) adam.step([param.map((value, i) => value * ((i % 5) - step))]);
  const { expAvg, expAvgSq } = adam.state[0];
  const hash = createHash('sha256');
  for (const array of [param, expAvg, expAvgSq])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return { backend: name, hash: hash.digest('hex') };
}

function examine(): Report {
  const { attempts, searched, loadError, ...loaded } = loadAddon();
  const remedies = [...loaded.remedies];

  let info: ReturnType<typeof backend> | null = null;
  let error: string | null = null;
  try {
    info = backend();
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
    if (loadError === null || loaded.named !== null)
      remedies.push('Correct or unset the variable that the error names.');
  }
  const checks = info === null ? [] : info.available.map(trainOn);
  const alike = checks.every(({ hash }) => hash === checks[0].hash);
  if (!alike) remedies.push('Backends write different bits. That must never be: please report it with all of this.');

  const forced = process.env.LOCKSTEP_BACKEND;
  if (info?.name === 'typescript' && forced && loadError === null) {
    remedies.push('LOCKSTEP_BACKEND asks for TypeScript: unset it to run natively, several times faster.');
  }
  const asWanted = loadError === null || Boolean(forced);
  return {
    lockstep: version(),
    folder: dirname(__dirname),
    system: [process.platform, release(), process.arch, libc()].filter((part) => part !== null).join(' '),
    runtime: runtimeName(),
    cpu: cpus()[0]?.model.trim() ?? process.arch,
    features: cpuFeatures(),
    binaries: attempts.map(({ file, error }) => ({ file, error: error?.message ?? null })),
    searched,
    backend: info?.name ?? null,
    available: info?.available ?? [],
    error: error ?? loadError?.message ?? null,
    threads: info === null ? null : threads(),
    environment: Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => /^(LOCKSTEP_|LIBC$)/.test(entry[0])),
    ),
    checks,
    remedies: [...new Set(remedies)],
    healthy: info !== null && alike && asWanted,
  };
}

function text(report: Report): string {
  const { binaries, searched, backend, available, threads, checks } = report;
  const rows: [string, string][] = [
    ['lockstep', `${report.lockstep}, in ${report.folder}`],
    ['system', report.system],
    ['runtime', report.runtime],
    ['CPU', report.features === null ? report.cpu : `${report.cpu} (${report.features.join(', ')})`],
    ...(binaries.length === 0 ? [['binary', 'none was found'] as [string, string]] : []),
    ...binaries.map(({ file, error }): [string, string] => [
      'binary',
      error === null ? `${file}: loaded` : `${file}: not loaded: ${error}`,
    ]),
    ...(available.length > 1 ? [] : searched).map((file): [string, string] => ['searched', `${file}: not there`]),
    ...Object.entries(report.environment).map(([name, value]): [string, string] => ['environment', `${name}=${value}`]),
    ['backend', backend === null ? `none: ${report.error}` : `${backend} (of ${available.join(', ')})`],
  ];
  if (backend === 'typescript' && report.error !== null) rows.push(['', report.error]);
  if (threads !== null) rows.push(['threads', `${threads.count} (${threads.why})`]);
  for (const { backend, hash } of checks) rows.push(['self-check', `${backend} ${hash.slice(0, 16)}`]);
  const lines = rows.map(([name, value]) => `${name.padEnd(12)} ${value}`);
  return [...lines, '', verdictOf(report), ...report.remedies, ''].join('\n');
}

/** TypeScript is never called well: it is what was asked for, or what is left. */
function verdictOf({ healthy, backend }: Report): string {
  if (!healthy) return 'lockstep does not run as it could.';
  if (backend === 'typescript') return 'lockstep runs in TypeScript, as LOCKSTEP_BACKEND asks.';
  return `lockstep is well: it runs on ${backend}.`;
}

/** Runs the command, and answers with its exit code. */
export function doctor(args: readonly string[]): Promise<number> {
  return runCommand({ usage, flags: ['json'], most: 0 }, args, ({ flags }) => {
    process.removeAllListeners('warning'); // that a binary did not load is what the report is about
    const report = examine();
    process.stdout.write(flags.has('json') ? `${JSON.stringify(report, null, 2)}\n` : text(report));
    return report.healthy ? 0 : 1;
  });
}
