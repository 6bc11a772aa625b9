// What npm users get: the packed tarball, laid out in an empty project, used both ways. No network: its dependencies
// are those of this checkout.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optimizers } from './optimizers.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly version: string;
};
const project = mkdtempSync(join(tmpdir(), 'lockstep-project-'));
const installed = join(project, 'node_modules', 'lockstep');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
/** On Windows, npm and what it links are scripts that only a shell can start. */
const shell = process.platform === 'win32';
let tarball = '';
let top: readonly string[] = [];

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: root,
    shell,
  });
  tarball = join(project, (JSON.parse(packed.toString()) as { filename: string }[])[0].filename);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  top = readdirSync(installed);
  rmSync(join(installed, 'prebuilds'), { recursive: true, force: true }); // here the sources have to do
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name), 'junction');
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "a-user", "private": true }');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function use(file: string, program: string, env: NodeJS.ProcessEnv = process.env) {
  writeFileSync(join(project, file), program);
  return spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8', env });
}

const body = `
  const w = new Float32Array([1, 2]);
  const report = new Adam({ w }, { lr: 0.001 }).step({ w: new Float32Array([0.1, -0.2]) });
  console.log(JSON.stringify({ name: backend().name, loadError: backend().loadError?.message, report, w: [...w] }));
`;
const esm = `import { Adam, backend } from 'lockstep';${body}`;
const cjs = `const { Adam, backend } = require('lockstep');${body}`;
const stepped = {
  report: { stepped: true, step: 1, skipped: 0 },
  w: [expect.closeTo(0.999, 6), expect.closeTo(2.001, 6)],
};

test('the tarball holds what is needed to run and to compile, and nothing else', () => {
  const built = existsSync(join(root, 'prebuilds')) ? ['prebuilds'] : [];
  expect([...top].sort()).toEqual([
    'CHANGELOG.md',
    'CMakeLists.txt',
    'LICENSE',
    'README.md',
    'binding',
    'dist',
    'lib',
    'package.json',
    ...built,
    'scripts',
    'src',
  ]);
  expect(readdirSync(join(installed, 'scripts'))).toEqual(['install.cjs']);
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(3);
});

test('publint and attw have nothing to say', () => {
  const publint = spawnSync(bin('publint'), ['--strict', installed], { encoding: 'utf8', shell });
  expect(publint.stdout + publint.stderr).toContain('All good!');
  const attw = spawnSync(bin('attw'), [tarball, '--no-color', '--no-emoji'], { encoding: 'utf8', shell });
  expect(attw.stdout).toContain('No problems found');
  expect(attw.status).toBe(0);
});

describe.each([
  ['a.mjs', esm],
  ['a.cjs', cjs],
])('%s', (file, program) => {
  test('works in TypeScript, and says why, where there is no binary', () => {
    const { stdout, stderr, status } = use(file, program);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'typescript', loadError: expect.any(String), ...stepped });
    expect(stderr).toContain('LOCKSTEP_NO_BINARY');
  });
});

test('the quickstart of the README runs as printed, by import and by require', () => {
  const program = /```js\n(.*?)```/s.exec(readFileSync(join(installed, 'README.md'), 'utf8'))?.[1] ?? '';
  const imported = /^import .*; \/\/ or: (const .*;)$/m;
  expect(program).toMatch(imported);
  for (const [file, text] of [
    ['quick.mjs', program],
    ['quick.cjs', program.replace(imported, '$1')],
  ]) {
    const { stdout, status } = use(file, text);
    expect(status).toBe(0);
    const numbers = [...stdout.matchAll(/-?\d[.\d]*(?= ?[,\]])/g)].map(Number);
    expect(numbers).toEqual([3, -2, 1].map((value) => expect.closeTo(value, 4)));
  }
});

test('import and require reach the same classes', () => {
  const { stdout } = use(
    'both.mjs',
    `import * as esm from 'lockstep';
     import { createRequire } from 'node:module';
     const cjs = createRequire(import.meta.url)('lockstep');
     console.log(JSON.stringify([Object.keys(cjs).sort(), Object.keys(cjs).filter((name) => cjs[name] !== esm[name])]));`,
  );
  const [names, different] = JSON.parse(stdout) as [string[], string[]];
  const others = ['LossScaler', 'Optimizer', 'ReduceOnPlateau', 'backend', 'layerDecay', 'schedules', 'splitGroups'];
  expect(names).toEqual([...others, ...optimizers.map(({ name }) => name)].sort());
  expect(different).toEqual([]);
});

test.each(['nodenext', 'bundler'])('a strict TypeScript project compiles against its types: %s', (resolution) => {
  writeFileSync(
    join(project, 'user.mts'),
    `import { Adam, backend, type AdamOptions, type StepReport } from 'lockstep';
     const options: AdamOptions = { lr: 1e-3, betas: [0.9, 0.999] };
     const params = { w: new Float32Array(4), b: new Float64Array(1) };
     using adam = new Adam(params, { ...options, backend: backend().name });
     const report: StepReport = adam.step({ w: new Float32Array(4), b: null });
     const m: Float32Array = adam.state.w.expAvg;
     adam.groups[0].lr *= 0.1;
     export const seen = [report.step, m.length];
     // @ts-expect-error no such option
     new Adam(params, { learningRate: 1 });`,
  );
  const module = resolution === 'bundler' ? 'preserve' : 'nodenext';
  const flags = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'];
  const { stdout, status } = spawnSync(
    bin('tsc'),
    [...flags, '--module', module, '--moduleResolution', resolution, 'user.mts'],
    { cwd: project, encoding: 'utf8', shell },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

describe('the install script', () => {
  const install = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['scripts/install.cjs'], { cwd: installed, encoding: 'utf8', env });
  // Node alone on the PATH: no compiler, no cmake.
  const bare = { PATH: mkdtempSync(join(tmpdir(), 'lockstep-path-')), HOME: process.env.HOME };
  afterAll(() => rmSync(bare.PATH, { recursive: true }));

  test('without a compiler ends well, with a clear notice', () => {
    const { status, stderr } = install(bare);
    expect(status).toBe(0);
    expect(stderr).toContain('NO NATIVE BINARY could be loaded or compiled');
    expect(existsSync(join(installed, 'build'))).toBe(false);
    expect(JSON.parse(use('b.cjs', cjs).stdout)).toMatchObject({ name: 'typescript', ...stepped });
  });

  test('without a compiler fails where native is required', () => {
    expect(install({ ...bare, LOCKSTEP_REQUIRE_NATIVE: '1' }).status).toBe(1);
  });

  describe('where a binary came with the package', () => {
    const binary = readFileSync(join(root, 'build', 'Release', 'lockstep.node')); // stands in for it
    const system = `${process.platform}-${process.arch}`;
    const prebuilds = join(installed, 'prebuilds');

    beforeAll(() => {
      rmSync(prebuilds, { recursive: true, force: true });
      mkdirSync(join(prebuilds, system), { recursive: true });
      writeFileSync(join(prebuilds, system, 'lockstep.node'), binary);
      const sha256 = createHash('sha256').update(binary).digest('hex');
      writeFileSync(join(prebuilds, 'SHA256SUMS'), `${sha256}  ${system}/lockstep.node\n`);
    });
    afterAll(() => rmSync(prebuilds, { recursive: true }));

    test('has nothing to do', () => {
      expect(install({ ...bare, LOCKSTEP_REQUIRE_NATIVE: '1' })).toMatchObject({ status: 0, stdout: '', stderr: '' });
    });

    test('says so where it has to compile and cannot', () => {
      const { status, stderr } = install({ ...bare, LOCKSTEP_BUILD_FROM_SOURCE: '1' });
      expect(status).toBe(0);
      expect(stderr).toContain('NOT COMPILED');
      expect(JSON.parse(use('p.cjs', cjs).stdout)).toMatchObject({ name: expect.not.stringMatching('typescript') });
    });

    test.skipIf(process.platform === 'win32')('keeps nothing compiled that does not load', () => {
      const PATH = mkdtempSync(join(project, 'path-'));
      const release = join(installed, 'build', 'Release');
      const lines = [`#!${process.execPath}`, "const fs = require('node:fs');"];
      lines.push(`fs.mkdirSync('${release}', { recursive: true });`);
      lines.push(`fs.writeFileSync('${release}/lockstep.node', 'not a binary');`);
      writeFileSync(join(PATH, 'cmake'), lines.join('\n'), { mode: 0o755 });
      const { status, stderr } = install({ ...bare, PATH, LOCKSTEP_BUILD_FROM_SOURCE: '1' });
      expect(status).toBe(0);
      expect(stderr).toContain('NOT COMPILED');
      expect(existsSync(join(installed, 'build'))).toBe(false);
    });
  });

  test('in a clone keeps what it compiled, though dist/ be of an older version', () => {
    const clone = mkdtempSync(join(project, 'clone-'));
    const cmakeJs = join(clone, 'node_modules', 'cmake-js', 'bin');
    for (const directory of [cmakeJs, join(clone, 'scripts'), join(clone, 'dist')]) {
      mkdirSync(directory, { recursive: true });
    }
    cpSync(join(root, 'scripts', 'install.cjs'), join(clone, 'scripts', 'install.cjs'));
    writeFileSync(
      join(clone, 'dist', 'native.js'),
      "exports.loadAddon = () => ({ attempts: [], loadError: new Error('another version') });",
    );
    const binary = JSON.stringify(join(root, 'build', 'Release', 'lockstep.node'));
    writeFileSync(
      join(cmakeJs, 'cmake-js'),
      `require('node:fs').cpSync(${binary}, 'build/Release/lockstep.node', { recursive: true });`,
    );
    const { status, stderr } = spawnSync(process.execPath, ['scripts/install.cjs'], { cwd: clone, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(existsSync(join(clone, 'build', 'Release', 'lockstep.node'))).toBe(true);
  });

  test('compiles where it can, from the files in the tarball and offline', () => {
    const { status, stderr } = install({ ...process.env, npm_config_offline: 'true' });
    expect(status).toBe(0);
    expect(stderr).not.toContain('NO NATIVE BINARY');
    for (const [file, program] of [
      ['c.mjs', esm],
      ['c.cjs', cjs],
    ]) {
      const { stdout, stderr } = use(file, program);
      expect(JSON.parse(stdout)).toMatchObject({ name: expect.not.stringMatching('typescript'), ...stepped });
      expect(stderr).toBe('');
    }
  });
});
