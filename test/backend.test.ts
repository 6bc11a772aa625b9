// Which backend runs, in processes of their own: what is decided once a process cannot be tested in this one.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend } from 'lockstep';
import { afterAll, describe, expect, test } from 'vitest';
import { availableThreads } from '../lib/threads.js';
import { root, writeBuilt } from './native-build.js';

const program = `
  const { Adam, backend } = require('lockstep');
  let info;
  try {
    info = backend();
  } catch (error) {
    console.log(JSON.stringify({ thrown: error.name, code: error.code, message: error.message }));
    process.exit();
  }
  const w = new Float32Array([1, 2]);
  const adam = new Adam({ w });
  adam.step({ w: new Float32Array([0.1, -0.2]) });
  console.log(JSON.stringify({ ...info, loadError: info.loadError && info.loadError.message, ran: adam.backend, w: [...w] }));
`;

interface Outcome {
  readonly thrown?: string;
  readonly code?: string;
  readonly message?: string;
  readonly name?: string;
  readonly available?: readonly string[];
  readonly threads?: number;
  readonly loadError?: string | null;
  readonly ran?: string;
  readonly w?: readonly number[];
  readonly stderr: string;
}

function run(env: Record<string, string> = {}, flags: readonly string[] = []): Outcome {
  const { LOCKSTEP_BACKEND: _, ...inherited } = process.env;
  const child = spawnSync(process.execPath, [...flags, '-e', program], {
    cwd: root,
    encoding: 'utf8',
    env: { ...inherited, ...env },
  });
  expect(child.signal, `crashed: ${child.stderr}`).toBeNull();
  return { ...JSON.parse(child.stdout), stderr: child.stderr };
}

const native = backend().available.filter((name) => name !== 'typescript');
const updated = [Math.fround(0.999), Math.fround(2.001)].map((value) => expect.closeTo(value, 6));

test('the addon loads here: what follows would otherwise prove nothing', () => {
  expect(backend().loadError).toBeNull();
  expect(native).toContain('scalar');
});

test('by default the best backend runs', () => {
  const outcome = run();
  expect(outcome).toMatchObject({
    name: native[0],
    ran: native[0],
    threads: availableThreads(),
    loadError: null,
    w: updated,
  });
  expect(outcome.stderr).toBe('');
});

describe('LOCKSTEP_BACKEND', () => {
  test.each(backend().available)('%s', (name) => {
    const outcome = run({ LOCKSTEP_BACKEND: name });
    expect(outcome).toMatchObject({ name, ran: name, available: backend().available, loadError: null, w: updated });
  });

  test.each(['avx1024', 'AVX2', 'neon sse2', process.arch === 'arm64' ? 'avx2' : 'neon'])('%s is refused', (name) => {
    expect(run({ LOCKSTEP_BACKEND: name })).toMatchObject({
      thrown: 'RangeError',
      code: 'ERR_BACKEND',
      message: `LOCKSTEP_BACKEND must be one of ${backend().available.join(', ')}, which this machine can run, received '${name}'`,
    });
  });

  test('empty is as not set', () => {
    expect(run({ LOCKSTEP_BACKEND: '' })).toMatchObject({ name: native[0] });
  });
});

describe('a binary that does not load', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-binary-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  // node-gyp-build looks there instead of in the package.
  const elsewhere = { LOCKSTEP_PREBUILD: directory };
  const release = join(directory, 'build', 'Release');
  const fallback = { name: 'typescript', ran: 'typescript', available: ['typescript'], w: updated };

  test('is missing', () => {
    const outcome = run(elsewhere);
    // The words depend on whether this checkout has prebuilt binaries, which its bundles then name.
    const missing = existsSync(join(root, 'prebuilds', 'SHA256SUMS'))
      ? /^the binary for .* was not found; searched: /
      : /^there is no binary for .*; searched: /;
    expect(outcome).toMatchObject({ ...fallback, loadError: expect.stringMatching(missing) });
    expect(outcome.stderr).toMatch(/LOCKSTEP_NO_BINARY.*lockstep runs in TypeScript, several times slower/s);
  });

  test('is not a binary', () => {
    mkdirSync(release, { recursive: true });
    writeBuilt(join(release, 'lockstep.node'), 'not a binary');
    expect(run(elsewhere)).toMatchObject({
      ...fallback,
      loadError: expect.stringMatching(/file too short|invalid|not a valid/),
    });
  });

  test('is of another version', () => {
    const other = join(directory, 'other');
    mkdirSync(join(other, 'build', 'Release'), { recursive: true });
    cpSync(join(root, 'build', 'Release', 'lockstep.node'), join(other, 'build', 'Release', 'lockstep.node'));
    // One letter of a coefficient's name: the row would mean something else.
    const file = join(other, 'build', 'Release', 'lockstep.node');
    writeBuilt(file, Buffer.from(readFileSync(file, 'latin1').replace('rootScale', 'rootscale'), 'latin1'));
    expect(run({ LOCKSTEP_PREBUILD: other })).toMatchObject({
      ...fallback,
      loadError: expect.stringMatching(
        /^the binary is of another version of lockstep: compile it anew \(.*other.*\. Compile the binary anew: npx lockstep build/,
      ),
    });
  });

  test('is forbidden by --no-addons', () => {
    expect(run({}, ['--no-addons'])).toMatchObject({ ...fallback, loadError: expect.stringMatching(/addon/i) });
  });

  test('is not missed where TypeScript is asked for: no warning', () => {
    expect(run({ ...elsewhere, LOCKSTEP_BACKEND: 'typescript' })).toMatchObject({ ...fallback, stderr: '' });
  });

  test('is an error where native is asked for', () => {
    expect(run({ ...elsewhere, LOCKSTEP_BACKEND: 'scalar' })).toMatchObject({
      thrown: 'RangeError',
      code: 'ERR_BACKEND',
      message: expect.stringMatching(
        /^LOCKSTEP_BACKEND must be one of typescript, .*\(the binary did not load: .+\)$/s,
      ),
    });
  });
});
