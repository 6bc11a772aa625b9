// The binaries that the package carries, read as files: what they ask of a system, what they offer, and that nothing but they
// is in the way. That they run is tested where they can: scripts/install-matrix.mjs.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { targets } from '../scripts/prebuild-targets.mjs';
import { cannotTest, canRun, root, runOrThrow } from './native-build.js';

const prebuilds = join(root, 'prebuilds');
const entryPoints = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
/** What zig's linker exports from a Mach-O file whatever it is told: C++'s own, and two marks of its making. */
const extraOnMac = /^(_Z(da|dl|na|nw)|__dso_handle$|_mh_dylib_header$)/;
const newest = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25], CXXABI: [1, 3, 11] } as const;
const neededBy = {
  glibc: ['ld-linux-aarch64.so.1', 'libc.so.6', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'libstdc++.so.6'],
  musl: ['libc.so'],
};

function isNewer(version: readonly number[], than: readonly number[]): boolean {
  const i = than.findIndex((part, k) => (version[k] ?? 0) !== part);
  return i < 0 ? version.length > than.length : version[i] > than[i];
}

async function lines(command: string, ...args: string[]): Promise<string[]> {
  return (await runOrThrow(command, args)).split('\n').map((line) => line.trim());
}

async function checkElf(file: string, libc: 'glibc' | 'musl'): Promise<void> {
  const needed = (await lines('llvm-readelf', '-d', '-W', file)).join('\n');
  for (const [, library] of needed.matchAll(/Shared library: \[(.*)\]/g)) expect(neededBy[libc]).toContain(library);
  expect(needed).toMatch(/FLAGS_1.*NODELETE/);
  expect(needed).not.toMatch(/TEXTREL|RPATH|RUNPATH/);
  expect((await lines('llvm-readelf', '-l', '-W', file)).find((line) => line.startsWith('GNU_STACK'))).toMatch(/ RW /);
  expect((await lines('llvm-readelf', '-S', '-W', file)).join('\n')).not.toMatch(/\.symtab|\.debug/);
  const symbols = (await lines('llvm-nm', '-D', file)).map((line) => line.split(/\s+/).slice(-2));
  const exported = symbols.filter(([kind]) => /^[A-Z]$/.test(kind ?? '') && kind !== 'U').map(([, name]) => name);
  expect(exported.sort()).toEqual(entryPoints);
  for (const [, name = ''] of symbols) {
    const [, library, version] = /@+(GLIBC|GLIBCXX|CXXABI)_([\d.]+)$/.exec(name) ?? [];
    if (library === undefined) continue;
    const limit = newest[library as keyof typeof newest];
    expect(isNewer(version.split('.').map(Number), limit), `${name} is newer than ${limit.join('.')}`).toBe(false);
  }
}

async function checkPe(file: string): Promise<void> {
  const exported = await lines('llvm-readobj', '--coff-exports', file);
  const names = exported.filter((line) => line.startsWith('Name: ')).map((line) => line.slice('Name: '.length));
  expect(names.sort()).toEqual(entryPoints);
  const imports = await lines('llvm-readobj', '--coff-imports', file);
  for (const line of imports.filter((line) => line.startsWith('Name: '))) {
    expect(line).toMatch(/^Name: (KERNEL32|msvcrt|api-ms-win-crt-[a-z]+-l1-1-0|ntdll|ucrtbase)\.dll$/i);
  }
}

async function checkMachO(file: string, arch: string): Promise<void> {
  const headers = (await lines('llvm-objdump', '--macho', '--private-headers', file)).join('\n');
  expect(headers).toMatch(/minos 11\.0|version 11\.0/);
  if (arch === 'arm64') expect(headers).toContain('LC_CODE_SIGNATURE'); // without one, even an ad hoc one, arm64 refuses it
  for (const [, library] of headers.matchAll(/cmd LC_LOAD_DYLIB\n.*\n\s*name (\S+)/g)) {
    expect(library).toMatch(/^\/usr\/lib\/lib(System\.B|c\+\+\.1)\.dylib$/);
  }
  const names = (await lines('llvm-nm', '-gU', file)).map((line) => line.split(' ').at(-1)?.replace(/^_/, '') ?? '');
  expect(names.filter((name) => name !== '' && !extraOnMac.test(name)).sort()).toEqual(entryPoints);
}

/** Set by workflows where another job makes them, and runs this there. */
const isElsewhere = process.env.LOCKSTEP_WITHOUT_PREBUILDS === '1';
if (isElsewhere) console.warn('test/prebuilds.test.ts: NOT RUN: LOCKSTEP_WITHOUT_PREBUILDS is 1');
const ready = !isElsewhere && (await canRun('llvm-readobj'));
if (!ready && !isElsewhere) cannotTest('Prebuilt binaries', 'llvm-readobj is missing (Debian package llvm)');

describe.skipIf(!ready)('prebuilt binaries', () => {
  for (const { name, platform, arch, libc, file } of targets) {
    const path = join(prebuilds, file);
    const built = existsSync(path);
    if (ready && !built) cannotTest(`prebuilds/${file}`, 'it is missing: npm run prebuild:all makes it');
    test.skipIf(!built)(name, async () => {
      if (libc !== undefined) await checkElf(path, libc);
      else if (platform === 'win32') await checkPe(path);
      else await checkMachO(path, arch);
    });
  }

  const sums = join(prebuilds, 'SHA256SUMS');
  test.skipIf(!existsSync(sums))('SHA256SUMS lists each, and no other', () => {
    const listed = readFileSync(sums, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('  '));
    const built = targets.map(({ file }) => file).filter((file) => existsSync(join(prebuilds, file)));
    expect(listed.map(([, file]) => file)).toEqual(built.sort());
    for (const [sha256, file] of listed) {
      expect(
        createHash('sha256')
          .update(readFileSync(join(prebuilds, file)))
          .digest('hex'),
      ).toBe(sha256);
    }
  });
});
