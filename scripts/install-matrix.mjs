// node scripts/install-matrix.mjs [name… | --write]: what npm users get, installed in empty folders and used.
//
// The packed tarball, with the binaries that prebuilds/ holds, goes into one project after the other: platforms,
// runtimes, package managers, and whatever can be in the way of the binary. Each trains the same (scripts/smoke.mjs),
// must use exactly the backend that its row names, and must end with the same hash. build/install.json tells how many
// did, for .ci/run; --write puts the tables of the run into the README.
//
// Where an emulator, a tool or a binary is missing, a row is skipped, loudly; in CI, where a skipped test reads as a
// passed one, it fails.

import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeReadme } from './install-matrix/readme.mjs';
import { obstacles, platforms } from './install-matrix/rows.mjs';
import { barePath, cleanEnv, installers, runtimes } from './install-matrix/runtimes.mjs';
import { binaries, checkFormat, pack, repack, sizeOfBinary } from './install-matrix/tarballs.mjs';
import { missingPrograms, printTable, root, run, runOrThrow } from './processes.mjs';

const directory = join(root, 'build', 'install');
const reportFile = join(root, 'build', 'install.json');
const maxSize = 3e6;
const maxDependencies = 3;
/** What lockstep warns of where it runs in TypeScript for want of a binary. */
const warning = /lockstep runs in TypeScript/g;

/** What keeps a row from being tested here, or an empty string. */
function obstacleTo({ platform, runtime }) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the matrix runs on Linux x64';
  if (sizeOfBinary(platform) === undefined) return `there is no prebuilds/${binaries[platform]} (npm run prebuild:all)`;
  return missingPrograms(runtimes[runtime]?.programs ?? {});
}

/** An empty project with lockstep in it: its folder. */
async function install({ name, installer = 'npm', flags = [], tarball: change }, tarball, env) {
  const project = join(directory, name);
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "a-user", "private": true }');
  const path = change === undefined ? tarball : await repack(tarball, name, change);
  const [command, ...args] = await installers[installer]();
  await runOrThrow(command, [...args, ...flags, path], { cwd: project, env });
  return project;
}

/** Runs the training in a project. Under wine, which cannot give Node pipes, output goes to files. */
async function train(project, command, env, toFiles) {
  copyFileSync(join(root, 'scripts', 'smoke.mjs'), join(project, 'smoke.mjs'));
  const [program, ...args] = [...command, 'smoke.mjs'];
  if (!toFiles) return run(program, args, { cwd: project, env });
  const paths = ['stdout', 'stderr'].map((name) => join(project, name));
  const files = paths.map((path) => openSync(path, 'w'));
  const { status } = await run(program, args, { cwd: project, env, stdio: ['ignore', ...files] });
  for (const file of files) closeSync(file);
  const [stdout, stderr] = paths.map((path) => readFileSync(path, 'utf8'));
  return { status, stdout, output: stdout + stderr };
}

/** Throws unless the program did what its row says; answers with what it printed. */
function check({ platform, expect, loadError = null }, { status, stdout, output }) {
  if (expect === 'error') {
    if (status === 0 || !loadError.test(output))
      throw new Error(`expected an error with ${loadError}, found: ${output}`);
    return {
      runtime: '-',
      backend: 'error',
      loadError: output
        .trim()
        .split('\n')
        .find((line) => loadError.test(line)),
    };
  }
  if (status !== 0) throw new Error(`the program ended with ${status}: ${output}`);
  const found = JSON.parse(stdout);
  const system = platform.replace('-musl', '');
  if (found.system !== system) throw new Error(`expected to run on ${system}, ran on ${found.system}`);
  if (found.backend !== expect) throw new Error(`expected ${expect}, ran ${found.backend}: ${found.loadError}`);
  const isExplained = loadError === null ? found.loadError === null : loadError.test(found.loadError);
  if (!isExplained) throw new Error(`expected the loadError ${loadError}, found ${found.loadError}`);
  const warnings = output.match(warning)?.length ?? 0;
  if (warnings !== (loadError === null ? 0 : 1)) throw new Error(`warned ${warnings} times of TypeScript: ${output}`);
  return found;
}

/** Installs, trains, and writes into the row what it found. */
async function installAndTrain(row, tarball) {
  const { command, path = process.env.PATH, env: runtimeEnv, toFiles } = await runtimes[row.runtime].prepare();
  const env = cleanEnv({ PATH: row.bare ? barePath(directory) : path });
  const start = performance.now();
  const project = await install(row, tarball, env);
  row.installed = (performance.now() - start) / 1000;
  row.edit?.(join(project, 'node_modules', 'lockstep'));
  const result = await train(
    project,
    [...command, ...(row.options ?? [])],
    { ...env, ...runtimeEnv, ...row.env },
    toFiles,
  );
  row.elapsed = (performance.now() - start) / 1000;
  Object.assign(row, { found: check(row, result) });
  return project;
}

/** For a row with a limit of time: once without, so that npm has what lockstep depends on; then with a few tries: other load is not what is asked for. */
async function installInTime(row, tarball) {
  const project = await installAndTrain(row, tarball);
  const dependencies = readdirSync(join(project, 'node_modules')).filter((name) => !/^\.|^lockstep$/.test(name));
  if (dependencies.length > maxDependencies)
    throw new Error(`${dependencies} are more than ${maxDependencies} packages`);
  for (let tries = 0; tries < 4; tries++) {
    await installAndTrain(row, tarball);
    console.log(`${row.name}: installed in ${row.installed.toFixed(1)} s, allowed are ${row.seconds}`);
    if (row.installed < row.seconds) return;
  }
  throw new Error(`took ${row.installed.toFixed(1)} s to install, allowed are ${row.seconds}`);
}

function shout(notice) {
  console.error(`\n${'!'.repeat(notice.length)}\n${notice}\n${'!'.repeat(notice.length)}\n`);
}

/** Writes into the row what became of it. */
async function test(row, tarball) {
  const reason = obstacleTo(row);
  if (reason !== '') {
    row.outcome = process.env.CI ? 'FAILED' : 'SKIPPED';
    shout(`${row.name} NOT TESTED: ${reason}`);
    return;
  }
  try {
    if (row.runtime === undefined) checkFormat(row.platform);
    else if (row.seconds === undefined) await installAndTrain(row, tarball);
    else await installInTime(row, tarball);
    row.outcome = 'passed';
  } catch (error) {
    row.outcome = 'FAILED';
    console.error(`${row.name}: FAILED: ${error.message}`);
  }
}

const { values, positionals: names } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true });
if (values.write && names.length > 0) throw new RangeError('--write needs the whole matrix, without names');
const all = [...platforms, ...obstacles];
for (const name of names) {
  if (all.some((row) => row.name === name)) continue;
  throw new RangeError(`no row ${name}; there are ${all.map((row) => row.name).join(', ')}`);
}
const [reference] = platforms;
const rows = all.filter((row) => names.length === 0 || names.includes(row.name) || row === reference);

rmSync(reportFile, { force: true }); // an older one must not speak for this run
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const tarball = await pack(directory);
const size = `${(tarball.size / 1e6).toFixed(2)} MB`;
console.log(`${tarball.path}: ${size}, of at most ${maxSize / 1e6}`);

await test(reference, tarball.path); // alone: it is timed
const waiting = rows.filter((row) => row !== reference).values();
const worker = async () => {
  for (const row of waiting) {
    await test(row, tarball.path);
    console.log(`${row.name}: ${row.outcome}${row.found?.loadError ? `: ${row.found.loadError}` : ''}`);
  }
};
await Promise.all([worker(), worker()]);

for (const row of rows) {
  if (row.found?.hash === undefined || row.found.hash === reference.found?.hash) continue;
  row.outcome = 'FAILED';
  console.error(`${row.name}: FAILED: its hash is ${row.found.hash}, the first row's ${reference.found?.hash}`);
}
printTable(
  ['row', 'platform', 'runtime', 'backend', 'hash', 'seconds', 'outcome'],
  rows.map(({ name, platform, runtime, found, elapsed, outcome }) => [
    ...[name, platform, found?.runtime ?? (runtime ? '-' : 'not run here'), found?.backend ?? '-'],
    ...[found?.hash?.slice(0, 16) ?? '-', elapsed?.toFixed(1) ?? '-', outcome],
  ]),
);
const count = (outcome) => rows.filter((row) => row.outcome === outcome).length;
const report = { passed: count('passed'), failed: count('FAILED'), skipped: count('SKIPPED') };
if (tarball.size < maxSize) report.passed++;
else {
  report.failed++;
  console.error(`the tarball: FAILED: ${size}, allowed are ${maxSize / 1e6} MB`);
}
writeFileSync(reportFile, JSON.stringify(report));
if (report.failed > 0) process.exitCode = 1;
else if (values.write) writeReadme(platforms, obstacles, reference, size);
