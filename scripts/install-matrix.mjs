// node scripts/install-matrix.mjs [name… | --wide | --write]: what npm users get, installed in empty folders and used.
//
// The packed tarball, with the binaries that prebuilds/ holds, goes into one project after the other: platforms,
// runtimes, package managers, whatever can be in the way of the binary, and bundlers and other ways to deploy a program.
// Each trains the same (scripts/smoke/), must use exactly the backend that its row names, and must end with the same hash.
// build/install.json tells how many did, for .ci/run.
//
// Without arguments, all rows but those for .ci/wide; with --wide, these alone; with --write, all, and the tables of the run
// are written into docs/platforms.md.
//
// Where an emulator, a tool or a binary is missing, a row is skipped, loudly; in CI, where a skipped test reads as a
// passed one, it fails.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployments } from './install-matrix/deployment-rows.mjs';
import { deploy, openProjects, ways } from './install-matrix/deployments.mjs';
import { writeTables } from './install-matrix/documents.mjs';
import { directory, installAndTrain, installInTime } from './install-matrix/projects.mjs';
import { obstacles, platforms } from './install-matrix/rows.mjs';
import { runtimes } from './install-matrix/runtimes.mjs';
import { binaries, checkFormat, pack, sizeOfBinary } from './install-matrix/tarballs.mjs';
import { installTools } from './install-matrix/tools.mjs';
import { missingPrograms, printTable, root } from './processes.mjs';

const reportFile = join(root, 'build', 'install.json');
const maxSize = 3e6;

/** What keeps a row from being tested here, or an empty string. */
function obstacleTo({ platform = 'linux-x64', runtime }) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the matrix runs on Linux x64';
  if (sizeOfBinary(platform) === undefined) return `there is no prebuilds/${binaries[platform]} (npm run prebuild:all)`;
  const { programs = {}, obstacle } = runtimes[runtime] ?? {};
  return missingPrograms(programs) || (obstacle?.() ?? '');
}

function shout(notice) {
  console.error(`\n${'!'.repeat(notice.length)}\n${notice}\n${'!'.repeat(notice.length)}\n`);
}

/** Runs a row, and writes into it what it found: one result, or one for each way in which its program was run. */
async function runRow(row, tarball, projects) {
  if (row.expect instanceof Object) {
    const start = performance.now();
    await deploy(row, projects);
    row.elapsed = (performance.now() - start) / 1000;
  } else if (row.runtime === undefined) checkFormat(row.platform);
  else if (row.seconds === undefined || names.length > 0) await installAndTrain(row, tarball);
  else await installInTime(row, tarball);
}

/** Writes into the row what became of it. */
async function test(row, tarball, projects) {
  const reason = obstacleTo(row);
  if (reason !== '') {
    row.outcome = process.env.CI ? 'FAILED' : 'SKIPPED';
    shout(`${row.name} NOT TESTED: ${reason}`);
    return;
  }
  try {
    await runRow(row, tarball, projects);
    row.outcome = 'passed';
  } catch (error) {
    row.outcome = 'FAILED';
    console.error(`${row.name}: FAILED: ${error.message}`);
  }
}

/** What a row found, with the way in which its program was run where there are several. */
function findings({ found, ways = {} }) {
  return [
    ...(found ? [{ ...found, way: '-' }] : []),
    ...Object.entries(ways).map(([way, found]) => ({ ...found, way })),
  ];
}

const options = { write: { type: 'boolean' }, wide: { type: 'boolean' } };
const { values, positionals: names } = parseArgs({ options, allowPositionals: true });
if (values.write && (values.wide || names.length > 0)) throw new RangeError('--write needs the whole matrix');
const all = [...deployments, ...platforms, ...obstacles];
for (const name of names) {
  if (all.some((row) => row.name === name)) continue;
  throw new RangeError(`no row ${name}; there are ${all.map((row) => row.name).join(', ')}`);
}
const [reference] = platforms;
const isChosen = ({ name, wide = false }) =>
  names.length > 0 ? names.includes(name) : values.write || wide === (values.wide ?? false);
const rows = [reference, ...all.filter((row) => row !== reference && isChosen(row))];

rmSync(reportFile, { force: true }); // an older one must not speak for this run
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const tarball = await pack(directory);
const size = `${(tarball.size / 1e6).toFixed(2)} MB`;
console.log(`${tarball.path}: ${size}, of at most ${maxSize / 1e6}`);

await test(reference, tarball.path); // alone: it is timed
let projects;
if (rows.some((row) => deployments.includes(row))) {
  const start = performance.now();
  await installTools(rows.some((row) => row.wide));
  projects = await openProjects(tarball.path);
  console.log(`the tools of the deployments were installed in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
const waiting = rows.filter((row) => row !== reference).values();
const worker = async () => {
  for (const row of waiting) {
    await test(row, tarball.path, projects);
    console.log(`${row.name}: ${row.outcome}`);
    for (const { way, loadError } of findings(row)) if (loadError) console.log(`  ${ways[way] ?? way}: ${loadError}`);
  }
};
await Promise.all([worker(), worker()]);
projects?.remove();

for (const row of rows) {
  for (const { hash = reference.found?.hash } of findings(row)) {
    if (hash === reference.found?.hash) continue;
    row.outcome = 'FAILED';
    console.error(`${row.name}: FAILED: its hash is ${hash}, the first row's ${reference.found?.hash}`);
  }
}
printTable(
  ['row', 'platform', 'runtime', 'way', 'backend', 'hash', 'seconds', 'outcome'],
  rows.flatMap((row) => {
    const { name, platform = 'linux-x64', runtime, elapsed, outcome } = row;
    const found = findings(row);
    if (found.length === 0) found.push({ runtime: runtime ? '-' : 'not run here', way: '-' });
    return found.map((found, i) => [
      ...[name, platform, found.runtime, found.way, found.backend ?? '-', found.hash?.slice(0, 16) ?? '-'],
      ...[i === 0 ? (elapsed?.toFixed(1) ?? '-') : '', outcome],
    ]);
  }),
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
else if (values.write) writeTables({ platforms, obstacles, deployments, reference, size });
