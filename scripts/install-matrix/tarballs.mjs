// The package as npm publishes it, and the same with another binary in it or none.

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeBundles } from '../bundle.mjs';
import { targets } from '../prebuild-targets.mjs';
import { root, runOrThrow } from '../processes.mjs';

/** The binary of each platform, below prebuilds/. */
export const binaries = Object.fromEntries(targets.map(({ name, file }) => [name, file]));

export const prebuilds = join(root, 'prebuilds');

/** The size in bytes of a platform's binary, or undefined where none was built. */
export function sizeOfBinary(platform) {
  const path = join(prebuilds, binaries[platform]);
  return existsSync(path) ? statSync(path).size : undefined;
}

/** `npm pack`, of bundles that name the binaries that prebuilds/ holds: the path of the tarball, and its size in bytes. */
export async function pack(directory) {
  await writeBundles();
  const options = ['--json', '--ignore-scripts', '--pack-destination', directory];
  const [{ filename }] = JSON.parse(await runOrThrow('npm', ['pack', ...options]));
  const path = join(directory, filename);
  return { path, size: statSync(path).size };
}

/** The tarball with another content, which `change(package)` makes of its folder. */
export async function repack(tarball, name, change) {
  const directory = tarball.replace(/\.tgz$/, `-${name}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  await runOrThrow('tar', ['-xzf', tarball, '-C', directory]);
  await change(join(directory, 'package'));
  await runOrThrow('tar', ['-czf', `${directory}.tgz`, '-C', directory, 'package']);
  return `${directory}.tgz`;
}

/** A package that was released without binaries for this machine: nothing that was built fits. */
export async function withoutBinary(directory) {
  loseBinary(directory);
  await writeBundles({ prebuilds: join(directory, 'prebuilds'), dist: join(directory, 'dist') });
}

/** Takes the binaries for this machine out of an installed package, as a deployment that leaves files out. */
export function loseBinary(installed) {
  rmSync(join(installed, 'prebuilds', 'linux-x64'), { recursive: true });
}

/** Puts the binary for musl where the one for glibc is looked for, as a mistake in a release would, with its checksum. */
export async function withMuslBinary(directory) {
  const path = (platform) => join(directory, 'prebuilds', binaries[platform]);
  copyFileSync(path('linux-x64-musl'), path('linux-x64'));
  const sums = join(directory, 'prebuilds', 'SHA256SUMS');
  const sum = createHash('sha256')
    .update(readFileSync(path('linux-x64')))
    .digest('hex');
  const lines = readFileSync(sums, 'utf8').split('\n');
  const changed = lines.map((line) =>
    line.endsWith(binaries['linux-x64']) ? `${sum}  ${binaries['linux-x64']}` : line,
  );
  writeFileSync(sums, changed.join('\n'));
  await writeBundles({ prebuilds: join(directory, 'prebuilds'), dist: join(directory, 'dist') });
}

/** Changes the bytes of the binary for this machine in an installed package. */
export function editBinary(installed, edit) {
  const path = join(installed, 'prebuilds', binaries['linux-x64']);
  writeFileSync(path, edit(readFileSync(path)));
}

/** Moves the binaries out of an installed package into the project's folder vendor, beside a package vendor whose binary is none. */
export function moveAside(installed) {
  const modules = dirname(installed);
  const vendor = join(dirname(modules), 'vendor');
  mkdirSync(vendor);
  renameSync(join(installed, 'prebuilds'), join(vendor, 'prebuilds'));
  const decoy = join(modules, 'vendor', 'build', 'Release');
  mkdirSync(decoy, { recursive: true });
  writeFileSync(join(decoy, 'lockstep.node'), 'no binary');
}

/** The first bytes of a Mach-O file by CPU, and the machine that a PE file names. */
const machO = { x64: 'cffaedfe07000001', arm64: 'cffaedfe0c000001' };
const machine = { x64: 0x8664, arm64: 0xaa64 };

/** Of a binary that cannot run here: throws unless it is of its system's format, for its CPU, and a Node-API addon. */
export function checkFormat(platform) {
  const [system, arch] = platform.split('-');
  const bytes = readFileSync(join(prebuilds, binaries[platform]));
  const isFormat =
    system === 'win32'
      ? bytes.toString('latin1', 0, 2) === 'MZ' && bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 4) === machine[arch]
      : bytes.toString('hex', 0, 8) === machO[arch];
  if (!isFormat) throw new Error(`${binaries[platform]} is no binary for ${platform}`);
  if (!bytes.includes('napi_register_module_v1')) throw new Error(`${binaries[platform]} is no Node-API addon`);
}
