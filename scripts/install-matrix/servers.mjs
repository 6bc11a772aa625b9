// Next.js: a project, and its server, which is asked once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { root, runOrThrow } from '../processes.mjs';
import { copyPackages, copyTree, installTools } from './tools.mjs';

const quiet = { NEXT_TELEMETRY_DISABLED: '1' };
const next = (project) => join(project, 'node_modules', 'next', 'dist', 'bin', 'next');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when the program has printed what a server prints that answers; rejects when it ends before. */
function ready(child, result) {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        result.output += chunk;
        if (/Ready in/.test(result.output)) resolve();
      });
    }
    child.on('error', reject);
    child.on('close', () => reject(new Error(`the server ended: ${result.output}`)));
  });
}

/** The text of a response that must be a good one. */
async function get(url, result) {
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}\n${result.output}`);
  return text;
}

/** Starts a server, and answers as `run` does, with the response of /train for its standard output. */
async function ask(args, folder, env) {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const settings = { ...process.env, ...env, ...quiet, PORT: port, HOSTNAME: '127.0.0.1' };
  // A group of its own: the development server has children.
  const child = spawn(process.execPath, args(port), { cwd: folder, env: settings, detached: true });
  const result = { status: 0, stdout: '', output: '' };
  const ended = once(child, 'close');
  ended.catch(() => {}); // `ready` tells
  try {
    await ready(child, result);
    const both = await get(`${url}/both`, result);
    if (both !== '{"isOneClass":true}') throw new Error(`import and require reached different classes: ${both}`);
    result.stdout = await get(`${url}/train`, result);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  }
  await ended;
  return result;
}

/** The fields of a row for one version of Next.js: a package of tools/. */
export function nextProject(version, config) {
  return {
    asksForOneClass: true,
    async prepare(project) {
      await installTools();
      await copyTree(`${join(root, 'scripts', 'install-matrix', 'next', 'app')}`, join(project, 'app'));
      await copyPackages(project, { next: version, react: 'react', 'react-dom': 'react-dom' });
      writeFileSync(join(project, 'next.config.mjs'), `export default ${JSON.stringify(config)};\n`);
    },
  };
}

/** The server that `next build` makes, which is a folder to be copied elsewhere. */
export function standalone(version, flags, config = {}) {
  return {
    ...nextProject(version, { output: 'standalone', ...config }),
    output: '.next/standalone',
    async build(project) {
      await runOrThrow(process.execPath, [next(project), 'build', ...flags], { cwd: project, env: quiet });
    },
    run: (folder, env) => ask(() => ['server.js'], folder, env),
    expect: { away: 'native' },
  };
}

/** `next dev`, which runs in the project. */
export function development(version, flags) {
  return {
    ...nextProject(version, {}),
    run: (folder, env) => ask((port) => [next(folder), 'dev', ...flags, '-p', port], folder, env),
    expect: { inPlace: 'native' },
  };
}
