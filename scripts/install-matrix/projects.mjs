// Empty projects that lockstep is installed in, and trained with.

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, runOrThrow } from '../processes.mjs';
import { copySmoke } from '../smoke.mjs';
import { check } from './check.mjs';
import { barePath, cleanEnv, installers, runtimes } from './runtimes.mjs';
import { repack } from './tarballs.mjs';

export const directory = join(root, 'build', 'install');
const maxDependencies = 3;

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

/** Runs a program of smoke/ in a project. Under wine, which cannot give Node pipes, output goes to files. */
async function train(project, [program, ...args], env, toFiles) {
  copySmoke(project);
  if (!toFiles) return run(program, args, { cwd: project, env });
  const paths = ['stdout', 'stderr'].map((name) => join(project, name));
  const files = paths.map((path) => openSync(path, 'w'));
  const { status } = await run(program, args, { cwd: project, env, stdio: ['ignore', ...files] });
  for (const file of files) closeSync(file);
  const [stdout, stderr] = paths.map((path) => readFileSync(path, 'utf8'));
  return { status, stdout, output: stdout + stderr };
}

/** Installs, trains, and writes into the row what it found. */
export async function installAndTrain(row, tarball) {
  const { command, path = process.env.PATH, env: runtimeEnv, toFiles } = await runtimes[row.runtime].prepare();
  const { options = [], program = 'smoke.mjs' } = row;
  const env = cleanEnv({ PATH: row.bare ? barePath(directory) : path });
  const start = performance.now();
  const project = await install(row, tarball, env);
  row.installed = (performance.now() - start) / 1000;
  const installed = join(project, 'node_modules', 'lockstep');
  row.edit?.(installed);
  if (row.command) await runOrThrow('npx', ['lockstep', row.command], { cwd: project, env });
  const programEnv = { ...env, ...runtimeEnv, ...row.env };
  const result = await train(project, [...command, ...options, program], programEnv, toFiles);
  row.elapsed = (performance.now() - start) / 1000;
  row.found = check(row, result);
  return project;
}

/** For a row with a limit of time: once without, so that npm has what lockstep depends on; then with a few tries: other load is not what is asked for. */
export async function installInTime(row, tarball) {
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
