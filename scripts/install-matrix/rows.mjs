// The matrix, as data.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaries, editBinary, loseBinary, moveAside, withMuslBinary, withoutBinary } from './tarballs.mjs';

/** The best that this machine's CPU can run, asked of the operating system and not of lockstep. */
function bestBackend() {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].trim().split(' '));
  if (flags.has('avx512f')) return 'avx512';
  return flags.has('avx2') ? 'avx2' : 'sse2';
}

export const best = bestBackend();
const linux = { platform: 'linux-x64', title: 'Linux x64, glibc' };
const permissions = ['--permission', '--allow-fs-read=*'];

/** The file with one bit of one byte in its midst changed. */
function flipBit(bytes) {
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
}

/** What signatures, and tools that patch a binary, leave: another file that still loads. */
function sign(bytes) {
  return Buffer.concat([bytes, Buffer.from('SIGNATURE')]);
}

/**
 * Platforms. Each installs the tarball in an empty folder and trains there.
 *
 * - `platform`: which binary it needs, and `process.platform`-`process.arch` but for the libc
 * - `runtime`: what runs it (runtimes.mjs); without one it cannot be run here
 * - `installer`: which package manager, npm if none is named; `flags` for it
 * - `expect`: the backend
 */
export const platforms = [
  // Alone and timed: with npm's cache warm, it is to be installed within so many seconds.
  { name: 'node', ...linux, runtime: 'here', flags: ['--ignore-scripts'], expect: best, seconds: 3 },
  { name: 'arm64', platform: 'linux-arm64', title: 'Linux arm64, glibc', runtime: 'nodeArm64', expect: 'neon' },
  {
    name: 'musl-arm64',
    platform: 'linux-arm64-musl',
    title: 'Linux arm64, musl',
    runtime: 'bunMuslArm64',
    expect: 'neon',
  },
  { name: 'nehalem', ...linux, title: 'Linux x64, glibc, no AVX', runtime: 'nehalem', expect: 'sse2' },
  { name: 'haswell', ...linux, title: 'Linux x64, glibc, AVX2', runtime: 'haswell', expect: 'avx2' },
  { name: 'node22', ...linux, runtime: 'node22', expect: best },
  { name: 'node24', ...linux, runtime: 'node24', expect: best },
  { name: 'node26', ...linux, runtime: 'node26', expect: best },
  { name: 'bun', ...linux, runtime: 'bun', installer: 'bun', expect: best },
  { name: 'deno', ...linux, runtime: 'deno', expect: best },
  { name: 'musl', platform: 'linux-x64-musl', title: 'Linux x64, musl', runtime: 'bunMusl', expect: best },
  { name: 'windows20', platform: 'win32-x64', title: 'Windows x64', runtime: 'nodeWindows20', expect: best },
  { name: 'windows22', platform: 'win32-x64', title: 'Windows x64', runtime: 'nodeWindows22', expect: best },
  { name: 'windows-arm64', platform: 'win32-arm64', title: 'Windows arm64' },
  { name: 'macos-arm64', platform: 'darwin-arm64', title: 'macOS arm64' },
  { name: 'macos-x64', platform: 'darwin-x64', title: 'macOS x64' },
];

const noBinary = [
  /^there is no binary for linux x64 glibc, neither prebuilt nor compiled here; searched: /,
  /npx lockstep build/,
];
/** What is said of a binary that is not the one that was released. */
export const otherBytes = [/checksum/, /LOCKSTEP_BINARY/, /install lockstep anew/];
const typescript = (loadError) => ({ expect: 'typescript', loadError });

/**
 * What can be in the way, on Linux x64. As above, and:
 *
 * - `tarball`: what to make of the package before it is installed, and `edit` after
 * - `command`: a command of `npx lockstep` that is run after the installation
 * - `bare`: with nothing on the PATH but Node, npm and a shell
 * - `options`: for the runtime; `env`: for the program
 * - `program`: what of scripts/smoke/ is run, if not smoke.mjs
 * - `loadError`: what `backend().loadError` must say, or several things that it must; with `expect: 'error'`, what the program must end with
 */
export const obstacles = [
  {
    name: 'compiled',
    title: 'no binary fits; `npx lockstep build`',
    runtime: 'here',
    tarball: withoutBinary,
    command: 'build',
    expect: best,
  },
  { name: 'not-compiled', title: 'no binary fits', runtime: 'here', tarball: withoutBinary, ...typescript(noBinary) },
  {
    name: 'lost',
    title: 'the folder `prebuilds` was left out of a deployment',
    runtime: 'here',
    edit: loseBinary,
    ...typescript([
      /^the binary for linux x64 glibc was not found; searched: .*prebuilds/,
      /Deploy the folder prebuilds/,
    ]),
  },
  { name: 'bare', title: 'no compiler', runtime: 'here', bare: true, expect: best },
  {
    name: 'npm12',
    title: 'npm 12',
    runtime: 'node22',
    installer: 'npm12',
    expect: best,
  },
  {
    name: 'pnpm',
    title: 'pnpm',
    runtime: 'here',
    installer: 'pnpm',
    expect: best,
  },
  { name: 'yarn', title: 'Yarn 1', runtime: 'here', installer: 'yarn', expect: best },
  {
    name: 'altered',
    title: 'one bit of the binary is another',
    runtime: 'here',
    edit: (installed) => editBinary(installed, flipBit),
    ...typescript(otherBytes),
  },
  {
    name: 'truncated',
    title: 'the binary ends too early',
    runtime: 'here',
    edit: (installed) => editBinary(installed, (bytes) => bytes.subarray(0, bytes.length >> 1)),
    ...typescript(otherBytes),
  },
  {
    name: 'required',
    title: 'one bit of the binary is another, and `LOCKSTEP_REQUIRE_NATIVE=1`',
    runtime: 'here',
    edit: (installed) => editBinary(installed, flipBit),
    env: { LOCKSTEP_REQUIRE_NATIVE: '1' },
    expect: 'error',
    loadError: /checksum/,
  },
  {
    name: 'wrong-libc',
    title: 'the binary is for musl',
    runtime: 'here',
    tarball: withMuslBinary,
    bare: true,
    ...typescript([/invalid ELF header/, /npx lockstep build/]),
  },
  {
    name: 'no-addons',
    title: '`node --no-addons`',
    runtime: 'here',
    options: ['--no-addons'],
    ...typescript([/^Node loads no addons under --no-addons/, /Run Node without --no-addons/]),
  },
  {
    name: 'permissions',
    title: '`node --permission` without `--allow-addons`',
    runtime: 'node24',
    options: permissions,
    ...typescript([
      /^Node loads no addons under the permission model, without --allow-addons/,
      /Run Node with --allow-addons/,
    ]),
  },
  {
    name: 'permitted',
    title: '`node --permission --allow-addons`',
    runtime: 'node24',
    options: [...permissions, '--allow-addons'],
    expect: best,
  },
  {
    name: 'altered-bun',
    title: 'one bit of the binary is another, in Bun',
    runtime: 'bun',
    edit: (installed) => editBinary(installed, flipBit),
    ...typescript(otherBytes),
  },
  {
    name: 'signed',
    title: 'a packager has signed the binary: there are more bytes in it',
    runtime: 'here',
    edit: (installed) => editBinary(installed, sign),
    ...typescript(otherBytes),
  },
  {
    name: 'signed-named',
    title: 'the same, named by `LOCKSTEP_BINARY`',
    runtime: 'here',
    edit: (installed) => editBinary(installed, sign),
    env: { LOCKSTEP_BINARY: join('node_modules', 'lockstep', 'prebuilds', binaries['linux-x64']) },
    expect: best,
  },
  {
    name: 'named-foreign',
    title: '`LOCKSTEP_BINARY` names a file that is no binary',
    runtime: 'here',
    env: { LOCKSTEP_BINARY: 'package.json' },
    expect: 'error',
    loadError: /LOCKSTEP_BINARY must name lockstep's binary, received .*package\.json/,
  },
  {
    name: 'relative',
    title: '`LOCKSTEP_PREBUILD` names a relative path, and a package has the same name',
    runtime: 'here',
    edit: moveAside,
    env: { LOCKSTEP_PREBUILD: 'vendor' },
    expect: best,
  },
  {
    name: 'noexec',
    title: 'a file system that is mounted `noexec`',
    runtime: 'noexec',
    ...typescript([/failed to map segment/, /noexec/]),
  },
  {
    name: 'deno-permitted',
    title: '`deno run --allow-read --allow-ffi`',
    runtime: 'denoReadFfi',
    program: 'imports.mjs',
    expect: best,
  },
  {
    name: 'deno-nothing',
    title: '`deno run`, without permissions',
    runtime: 'denoNothing',
    program: 'imports.mjs',
    ...typescript([/--allow-read --allow-ffi/]),
  },
].map((row) => ({ platform: 'linux-x64', ...row }));
