// node scripts/try-package.mjs PACKAGE [npm|bun|deno]: installs a tarball, or a name and version from the registry, in an empty
// folder without install scripts, and trains there (smoke.mjs): natively, with the bits of the TypeScript backend.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runOrThrow } from './processes.mjs';
import { copySmoke } from './smoke.mjs';

const runtimes = {
  npm: { install: ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund'], run: [process.execPath] },
  bun: { install: ['bun', 'add'], run: ['bun'] },
  deno: {
    install: ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund'],
    run: ['deno', 'run', '--allow-all'],
  },
};

const [what, runtime = 'npm'] = process.argv.slice(2);
if (what === undefined || !Object.hasOwn(runtimes, runtime)) {
  throw new RangeError(
    `expected PACKAGE and one of ${Object.keys(runtimes).join(', ')}, received ${process.argv.slice(2)}`,
  );
}
const { install, run } = runtimes[runtime];

/** On Windows npm is a script that only a shell can start. */
function start([command, ...args], options) {
  const shell = process.platform === 'win32' && command !== process.execPath ? ['cmd', '/c'] : [];
  const [program, ...rest] = [...shell, command, ...args];
  return runOrThrow(program, rest, options);
}

const project = mkdtempSync(join(tmpdir(), 'lockstep-try-'));
try {
  writeFileSync(join(project, 'package.json'), '{ "name": "a-user", "private": true, "type": "module" }');
  await start([...install, existsSync(what) ? resolve(what) : what], { cwd: project });
  copySmoke(project);
  const results = [];
  for (const LOCKSTEP_BACKEND of ['', 'typescript']) {
    const stdout = await start([...run, 'smoke.mjs'], { cwd: project, env: { LOCKSTEP_BACKEND } });
    results.push(JSON.parse(stdout));
  }
  const [native, typescript] = results;
  console.log(
    `${native.system}, ${native.runtime}: ${native.backend} ${native.hash}, ${typescript.backend} ${typescript.hash}`,
  );
  if (native.backend === 'typescript') throw new Error(`it must run natively, and does not: ${native.loadError}`);
  if (native.hash !== typescript.hash) throw new Error('the native and the TypeScript backend wrote different bits');
} finally {
  rmSync(project, { recursive: true, force: true });
}
