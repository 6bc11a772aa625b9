// Which binary is loaded, and what happens to those that cannot be: each case in a process of its own, on a copy of the
// package with the binary of this checkout in the place of a prebuilt one.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { libc, libcIn } from '../lib/binary.js';
import { cannotTest, root, writeBuilt } from './native-build.js';

const built = join(root, 'build', 'Release', 'lockstep.node');
const ready = existsSync(built);
if (!ready) cannotTest('Loading', 'it needs build/Release/lockstep.node: npm run build makes it');

const scratch = mkdtempSync(join(tmpdir(), 'lockstep-loading-'));
const home = join(scratch, 'lockstep');
const system = `${process.platform}-${process.arch}`;
const here = libc();
const name = `${system}/${['lockstep', here, 'node'].filter(Boolean).join('.')}`;
const notBinary = /file too short|invalid ELF header|not a mach-o|not valid mach-o|not a valid Win32/i;
/** Node 26 knows only the first, Node 20 only the second. */
const permission = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);
const prebuilt = join(home, 'prebuilds', name);
const sums = join(home, 'prebuilds', 'SHA256SUMS');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function writeSums(): void {
  const sha256 = createHash('sha256').update(readFileSync(prebuilt)).digest('hex');
  writeFileSync(sums, `${'0'.repeat(64)}  other/lockstep.node\n${sha256}  ${name}\n`);
}

beforeEach(() => {
  if (!ready) return;
  rmSync(home, { recursive: true, force: true });
  for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(home, part), { recursive: true });
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(join(root, 'node_modules', 'node-gyp-build'), join(home, 'node_modules', 'node-gyp-build'), 'dir');
  mkdirSync(dirname(prebuilt), { recursive: true });
  cpSync(built, prebuilt);
  writeSums();
});

interface Answer {
  readonly name: string;
  readonly loadError: string | null;
  readonly code?: string;
}

function load(options: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Answer {
  const program = `
    try {
      const { name, loadError } = require(process.argv[1]).backend();
      console.log(JSON.stringify({ name, loadError: loadError && loadError.message }));
    } catch ({ code, message }) {
      console.log(JSON.stringify({ name: 'none', loadError: message, code }));
    }`;
  const { stdout, status, stderr } = spawnSync(process.execPath, [...options, '-e', program, home], {
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_REQUIRE_NATIVE: '', ...env },
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
}

const native = { name: expect.not.stringMatching('typescript|none'), loadError: null };
const typescript = (loadError: RegExp) => ({ name: 'typescript', loadError: expect.stringMatching(loadError) });

function damage(change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(prebuilt, change(readFileSync(prebuilt)));
}

describe.skipIf(!ready)('the binary', () => {
  test('that came with the package is loaded', () => expect(load()).toEqual(native));

  test('with one byte changed is refused by its checksum', () => {
    damage((bytes) => bytes.fill(bytes[1000] ^ 1, 1000, 1001));
    expect(load()).toEqual(typescript(/^the checksum of .* must be [0-9a-f]{64}, received [0-9a-f]{64}/));
  });

  test('that ends too early is refused by its checksum', () => {
    damage((bytes) => bytes.subarray(0, bytes.length / 2));
    expect(load()).toEqual(typescript(/^the checksum of /));
  });

  test('that no checksum is known of is refused', () => {
    writeFileSync(sums, '');
    expect(load()).toEqual(typescript(/must list the checksum of /));
    rmSync(sums);
    expect(load()).toEqual(typescript(/SHA256SUMS/));
  });

  test('that is none is refused by the system', () => {
    writeFileSync(prebuilt, 'not a library');
    writeSums();
    expect(load()).toEqual(typescript(notBinary));
  });

  test.runIf(here)('for another libc is not tried', () => {
    const other = here === 'musl' ? 'glibc' : 'musl';
    cpSync(prebuilt, prebuilt.replace(`.${here}.`, `.${other}.`));
    rmSync(prebuilt);
    expect(load()).toEqual(typescript(/there is no binary for linux /));
    expect(load([], { LIBC: other })).toEqual(typescript(new RegExp(`must list the checksum of .*${other}`)));
  });

  test('that was compiled here goes first, and one that does not load is no obstacle', () => {
    const compiled = join(home, 'build', 'Release', 'lockstep.node');
    mkdirSync(dirname(compiled), { recursive: true });
    writeBuilt(compiled, 'not a library');
    expect(load()).toEqual(native);
    rmSync(prebuilt);
    expect(load()).toEqual(typescript(notBinary));
    for (const end of ['', '.sha256']) cpSync(built + end, compiled + end);
    expect(load()).toEqual(native);
  });

  test('that neither loads: both reasons are told', () => {
    const compiled = join(home, 'build', 'Release', 'lockstep.node');
    mkdirSync(dirname(compiled), { recursive: true });
    writeFileSync(compiled, 'not a library');
    writeFileSync(sums, '');
    expect(load()).toEqual(typescript(/none of 2 binaries .*build.Release.*; .*checksum/));
  });

  test('is not loaded where addons are off', () => {
    expect(load(['--no-addons'])).toEqual(typescript(/^Node loads no addons under --no-addons$/));
    const flags = [`${permission}`, '--allow-fs-read=*'];
    const loadError = /^Node loads no addons under the permission model, without --allow-addons$/;
    expect(load(flags)).toEqual(typescript(loadError));
    expect(load([...flags, '--allow-addons'])).toEqual(native);
  });

  test('that cannot be looked for is missed, not thrown about', () => {
    rmSync(dirname(prebuilt), { recursive: true });
    writeFileSync(dirname(prebuilt), 'not a directory');
    expect(load()).toEqual(typescript(/^there is no binary for /));
  });

  test('that was compiled here and ends too early is refused by its checksum, too', () => {
    const compiled = join(home, 'build', 'Release', 'lockstep.node');
    mkdirSync(dirname(compiled), { recursive: true });
    cpSync(`${built}.sha256`, `${compiled}.sha256`);
    rmSync(prebuilt);
    const bytes = readFileSync(built);
    for (const length of [20_000, 100_000, 200_000, bytes.length - 1]) {
      writeFileSync(compiled, bytes.subarray(0, length));
      expect(load()).toEqual(typescript(/^the checksum of lockstep\.node must be /));
    }
    rmSync(`${compiled}.sha256`);
    expect(load()).toEqual(typescript(/^lockstep\.node\.sha256 must list the checksum of lockstep\.node/));
  });

  test('is loaded, or the reason told, where only the folder of the program may be read', () => {
    const narrow = [
      String(permission),
      `--allow-fs-read=${realpathSync(scratch)}/*`,
      `--allow-fs-read=${realpathSync(join(root, 'node_modules', 'node-gyp-build'))}/*`,
    ];
    expect(load([...narrow, '--allow-addons'])).toEqual(native);
    expect(load(narrow)).toEqual(typescript(/permission model, without --allow-addons/));
    const elsewhere = { LOCKSTEP_PREBUILD: tmpdir() };
    expect(load([...narrow, '--allow-addons'], elsewhere)).toEqual(typescript(/restricted|there is no binary/));
  });

  test('is required by LOCKSTEP_REQUIRE_NATIVE=1', () => {
    const required = { LOCKSTEP_REQUIRE_NATIVE: '1' };
    expect(load([], required)).toEqual(native);
    rmSync(prebuilt);
    const loadError = expect.stringMatching(
      /^LOCKSTEP_REQUIRE_NATIVE is 1, but no binary was loaded: there is no binary/,
    );
    expect(load([], required)).toEqual({ name: 'none', code: 'ERR_BACKEND', loadError });
    expect(load([], { LOCKSTEP_REQUIRE_NATIVE: '0' })).toEqual(typescript(/there is no binary/));
    expect(load([], { LOCKSTEP_REQUIRE_NATIVE: 'true' })).toMatchObject({
      code: 'ERR_BACKEND',
      loadError: "LOCKSTEP_REQUIRE_NATIVE must be 1 or 0, received 'true'",
    });
  });
});

test.each([
  ['glibc', '/usr/lib/x86_64-linux-gnu/libc.so.6'],
  ['glibc', '/usr/lib64/libc-2.28.so'],
  ['glibc', '/home/user/libc.so.d/tool'],
  ['musl', '/lib/ld-musl-x86_64.so.1'],
  ['musl', '/usr/lib/libc.musl-aarch64.so.1'],
  ['musl', '/usr/lib/x86_64-linux-musl/libc.so'],
] as const)('%s is what a process runs on that has %s mapped', (expected, path) => {
  const line = (name: string) => `7f1 r-xp 00000000 fe:00 1 ${name}\n`;
  expect(libcIn(line('/usr/bin/node') + line(path) + line('[vdso]'))).toBe(expected);
});
