// The bundlers and test runners of the matrix: one lock file, one `npm ci`.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runOrThrow } from '../processes.mjs';

const directory = join(root, 'scripts', 'install-matrix', 'tools');
export const modules = join(directory, 'node_modules');
const stamp = join(modules, '.installed');

let installed;

/** Installs them, unless the same are there. Binaries come in packages: no install script is needed. `isWide`: those of .ci/wide, too. */
export function installTools(isWide) {
  installed ??= installAnew(isWide);
  return installed;
}

async function installAnew(isWide) {
  const lock = readFileSync(join(directory, 'package-lock.json'));
  const wanted = `${createHash('sha256').update(lock).digest('hex')} ${isWide ? 'wide' : ''}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').startsWith(wanted.trim())) return;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', ...(isWide ? [] : ['--omit=dev'])];
  await runOrThrow('npm', ['ci', ...flags], { cwd: directory });
  writeFileSync(stamp, wanted);
}

/** Runs bundle.mjs in a project. */
export function bundle(project, ...args) {
  return runOrThrow(process.execPath, [join(directory, 'bundle.mjs'), ...args], { cwd: project });
}

/** The names that a package depends on, with those that they depend on, as far as they were installed. */
function closureOf(name, names = new Set()) {
  const manifest = join(modules, name, 'package.json');
  if (names.has(name) || !existsSync(manifest)) return names;
  names.add(name);
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) closureOf(dependency, names);
  return names;
}

/** A copy of a folder, with its symbolic links. */
export async function copyTree(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  await runOrThrow('cp', ['-a', from, to]);
}

/** Puts copies of packages into a project, as an install would. `aliases`: { name there: name here }. */
export async function copyPackages(project, aliases) {
  for (const [there, here] of Object.entries(aliases)) {
    for (const name of closureOf(here)) {
      const to = join(project, 'node_modules', name === here ? there : name);
      if (!existsSync(to)) await copyTree(join(modules, name), to);
    }
  }
}
