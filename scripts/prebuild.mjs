// node scripts/prebuild.mjs [name… | --all | --sums]: the binaries that the package carries, in prebuilds/.
//
// Without names the one for this machine. --all builds what this machine has compilers for, and says what it has not. In CI, and
// of what was named, that is a failure. Any run ends with prebuilds/SHA256SUMS over all files that are there, which lockstep
// checks before it loads one, and with bundles that name these files; --sums does just that, for binaries that were gathered from
// several machines.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import prebuildify from 'prebuildify';
import { writeBundles } from './bundle.mjs';
import { targets } from './prebuild-targets.mjs';
import { missingPrograms, printTable, root } from './processes.mjs';

const prebuilds = join(root, 'prebuilds');
const zig = process.env.ZIG || 'zig';

/** The C library that Node runs on here. */
const libcHere = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';

function isHere({ platform, arch, libc = libcHere }) {
  return platform === process.platform && arch === process.arch && libc === libcHere;
}

/** The options of cmake-js for a target, or what keeps it from being built here. */
function toolchainOf(target) {
  const { options = [], toolchain } = target;
  if (isHere(target)) return { options };
  if (toolchain === undefined) return { obstacle: `it is built on ${target.name} alone` };
  const { file, zigTarget, programs = { [zig]: 'none; name it by ZIG, pip install ziglang brings one' } } = toolchain;
  const obstacle = missingPrograms(programs);
  if (obstacle !== '') return { obstacle };
  const cross = [`--CDCMAKE_TOOLCHAIN_FILE=${join(root, 'cmake', file)}`];
  if (zigTarget !== undefined) cross.push(`--CDZIG=${zig}`, `--CDZIG_TARGET=${zigTarget}`);
  return { options: [...options, ...cross] };
}

/** By prebuildify, in a folder of its own: the build directory of the clone stays what it is. */
async function build({ name, platform, arch, libc = false }, options) {
  const directory = join(root, 'build', 'prebuild', name);
  mkdirSync(directory, { recursive: true });
  process.env.LOCKSTEP_CMAKE_JS = JSON.stringify(['--directory', root, '--out', join(directory, 'build'), ...options]);
  const shim = join(root, 'scripts', 'node-gyp-shim.cjs');
  await promisify(prebuildify)({
    name: 'lockstep',
    platform,
    arch,
    tagLibc: libc,
    napi: true,
    cwd: directory,
    out: root,
    nodeGyp: process.platform === 'win32' ? `"${process.execPath}" "${shim}"` : shim,
    strip: false, // the linker does it: this machine's strip knows no other formats
    quiet: process.env.VERBOSE !== '1',
  });
}

function writeSums() {
  const files = readdirSync(prebuilds, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.node'))
    .sort();
  const lines = files.map((file) => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(prebuilds, file)))
      .digest('hex');
    return `${sha256}  ${file}\n`; // as sha256sum writes it
  });
  writeFileSync(join(prebuilds, 'SHA256SUMS'), lines.join(''));
}

const args = process.argv.slice(2);
const all = args.includes('--all');
const names = args.filter((arg) => !arg.startsWith('--'));
for (const arg of args) {
  if (arg === '--all' || arg === '--sums' || targets.some(({ name }) => name === arg)) continue;
  throw new RangeError(
    `expected --all, --sums or one of ${targets.map(({ name }) => name).join(', ')}, received ${arg}`,
  );
}
const chosen = targets.filter((target) => all || names.includes(target.name) || (args.length === 0 && isHere(target)));

const rows = [];
for (const target of chosen) {
  const start = performance.now();
  const file = join(prebuilds, target.file);
  const { obstacle, options } = toolchainOf(target);
  let outcome = 'built';
  if (obstacle !== undefined) {
    outcome = all && !process.env.CI ? 'NOT BUILT' : 'FAILED';
    console.error(`${target.name}: ${outcome}: ${obstacle}`);
  } else {
    rmSync(file, { force: true }); // an older one must not pass for what could not be built
    try {
      await build(target, options);
    } catch (error) {
      outcome = 'FAILED';
      console.error(`${target.name}: FAILED: ${error.message}; with VERBOSE=1 it says more`);
    }
  }
  const size = outcome === 'built' ? `${(statSync(file).size / 1000).toFixed(0)} kB` : '-';
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  rows.push([target.name, target.file, size, seconds, outcome]);
}
if (existsSync(prebuilds)) {
  writeSums();
  if (existsSync(join(root, 'dist'))) await writeBundles();
}
if (rows.length > 0) printTable(['target', 'file', 'size', 'seconds', 'outcome'], rows);
if (rows.some((row) => row.includes('FAILED'))) process.exitCode = 1;
