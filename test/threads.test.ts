// Threads change no bit, whatever goes wrong with them.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AdamW, backend, type FloatArray } from 'lockstep';
import { afterEach, describe, expect, test } from 'vitest';
import { loadAddon } from '../lib/native.js';
import { cpuQuota, worthwhileThreads } from '../lib/threads.js';
import { optimizers, stateNames } from './optimizers.js';
import { fillOrdinary, Random } from './random.js';

const { addon } = loadAddon();
if (addon === null) throw new Error('these tests need the addon: npm run build:addon');

const threadCounts = [1, 2, 3, 4, 7, 16];

/** Enough for several chunks, and tensors that end within one. */
const lengths = [200_003, 5, 65_536, 70_001, 0, 4097];

function filled(seed: number): readonly FloatArray[] {
  const random = new Random(seed);
  return lengths.map((length, i) => {
    const array = i % 3 === 2 ? new Float64Array(length) : new Float32Array(length);
    fillOrdinary(array, random);
    return array;
  });
}

function hashOf(arrays: readonly FloatArray[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

describe.each(optimizers)('$name', ({ create, valid }) => {
  test('has the same bits on any number of threads', () => {
    const hashes = threadCounts.map((threads) => {
      const params = filled(1);
      const optimizer = create(params, { ...valid[valid.length - 1], threads });
      for (let step = 0; step < 3; step++) optimizer.step(filled(2 + step));
      const state = optimizer.state.flatMap((each) => stateNames(each).map((name) => each[name] as FloatArray));
      return hashOf([...params, ...state]);
    });
    expect(new Set(hashes).size).toBe(1);
  });
});

test('everything that a step can do around its rule has the same bits on any number of threads', () => {
  const results = [...threadCounts.map((threads) => ({ threads })), { backend: 'typescript' as const }].map(
    (options) => {
      const params = filled(1);
      const everything = { clipNorm: 1, clipTensorNorm: 0.9, clipValue: 0.5, cautious: true, ema: { decay: 0.9 } };
      const optimizer = new AdamW(params, { ...everything, ...options, zeroGrad: true, nonFinite: 'skip' as const });
      const grads = Array.from({ length: 3 }, (_, step) => filled(2 + step));
      const norms = grads.map((each) => optimizer.step([each, filled(9)]).gradNorm);
      return { norms, hash: hashOf([...params, ...optimizer.averages, ...grads.flat()]) };
    },
  );
  for (const result of results) expect(result).toEqual(results[0]);
});

test('helpers are started when they are needed, and no more than that', () => {
  const params = filled(1);
  new AdamW(params, { threads: 3 }).step(filled(2));
  const before = addon.helperCount();
  expect(before).toBeGreaterThanOrEqual(2);
  new AdamW(filled(1), { threads: 2 }).step(filled(2));
  expect(addon.helperCount()).toBe(before);
});

describe('where no thread can be started', () => {
  afterEach(() => addon.failToStartHelpers(false));

  test('the calling one does it all', () => {
    const params = filled(1);
    const alone = filled(1);
    new AdamW(alone, { threads: 1 }).step(filled(2));
    addon.failToStartHelpers(true);
    new AdamW(params, { threads: 60 }).step(filled(2));
    expect(hashOf(params)).toBe(hashOf(alone));
    expect(addon.helperCount()).toBeLessThan(59);
  });
});

test('workers and the main thread step at once', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const { Adam } = require(${JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)))});
    const w = new Float32Array(300000).fill(1), g = new Float32Array(300000).fill(0.5);
    const adam = new Adam([w], { threads: 3 });
    for (let i = 0; i < 50; i++) adam.step([g]);
    parentPort.postMessage(w);`;
  const workers = Array.from({ length: 3 }, () => new Worker(code, { eval: true }));
  const results = workers.map(
    (worker) => new Promise<Float32Array>((done, fail) => worker.once('message', done).once('error', fail)),
  );
  const w = new Float32Array(300_000).fill(1);
  const g = new Float32Array(300_000).fill(0.5);
  const { Adam } = await import('lockstep');
  const adam = new Adam([w], { threads: 3 });
  for (let i = 0; i < 50; i++) adam.step([g]);
  for (const result of await Promise.all(results)) expect(hashOf([result])).toBe(hashOf([w]));
});

describe('how many', () => {
  test('one where there is little to do', () => {
    expect(worthwhileThreads(0)).toBe(1);
    expect(worthwhileThreads(100_000)).toBe(1);
    expect(worthwhileThreads(2 ** 30)).toBe(backend().threads);
  });

  const run = (threads: string) =>
    execFileSync(process.execPath, ['-p', "require('lockstep').backend().threads"], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, LOCKSTEP_THREADS: threads },
      stdio: 'pipe',
      encoding: 'utf8',
    }).trim();

  test('LOCKSTEP_THREADS', () => {
    expect(run('5')).toBe('5');
    for (const bad of ['abc', '0', '-1', '1.5', '1e3']) {
      expect(() => run(bad)).toThrow(`LOCKSTEP_THREADS must be an integer >= 1, received '${bad}'`);
    }
  });

  describe('the quota of a control group', () => {
    const roots: string[] = [];
    afterEach(() => {
      for (const root of roots.splice(0)) rmSync(root, { recursive: true });
    });

    function fixture(files: Readonly<Record<string, string>>): number {
      const root = `${mkdtempSync(join(tmpdir(), 'lockstep-cgroup-'))}/`;
      roots.push(root);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(`${root}${path}`), { recursive: true });
        writeFileSync(`${root}${path}`, text);
      }
      return cpuQuota(root);
    }

    test('version 2, own or of a group above', () => {
      const group = { 'proc/self/cgroup': '0::/a/b\n' };
      expect(fixture({ ...group, 'sys/fs/cgroup/a/b/cpu.max': '150000 100000\n' })).toBe(1.5);
      expect(
        fixture({ ...group, 'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n', 'sys/fs/cgroup/a/cpu.max': '50000 100000' }),
      ).toBe(0.5);
      expect(fixture({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '200000 100000\n' })).toBe(2);
    });

    test('version 1', () => {
      const quota = 'sys/fs/cgroup/cpu/cpu.cfs_quota_us';
      const period = 'sys/fs/cgroup/cpu/cpu.cfs_period_us';
      expect(fixture({ [quota]: '300000\n', [period]: '100000\n' })).toBe(3);
      expect(fixture({ [quota]: '-1\n', [period]: '100000\n' })).toBe(Infinity);
      const group = { 'proc/self/cgroup': '5:memory:/a\n4:cpu,cpuacct:/a/b\n1:cpuset:/c\n' };
      const of = (path: string, text: string) => ({
        [`sys/fs/cgroup/cpu/${path}cpu.cfs_quota_us`]: text,
        [`sys/fs/cgroup/cpu/${path}cpu.cfs_period_us`]: '100000',
      });
      expect(fixture({ ...group, ...of('a/b/', '150000') })).toBe(1.5);
      expect(fixture({ ...group, ...of('a/b/', '-1'), ...of('a/', '50000') })).toBe(0.5);
      expect(fixture({ ...group, ...of('c/', '50000') })).toBe(Infinity);
    });

    test('none', () => {
      expect(fixture({})).toBe(Infinity);
      expect(fixture({ 'proc/self/cgroup': 'nonsense', 'sys/fs/cgroup/cpu.max': 'nonsense' })).toBe(Infinity);
    });
  });
});
