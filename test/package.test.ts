// What npm users get: the packed tarball, laid out in an empty project, used both ways. No network: its dependencies
// are those of this checkout.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeBundles } from '../scripts/bundle.mjs';
import { bundleProblems } from '../scripts/bundle-problems.mjs';
import { anchorsIn, linksIn } from './markdown.js';
import { optimizers } from './optimizers.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly version: string;
  readonly repository?: unknown;
};
const project = mkdtempSync(join(tmpdir(), 'lockstep-project-'));
const installed = join(project, 'node_modules', 'lockstep');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
/** On Windows, npm and what it links are scripts that only a shell can start. */
const shell = process.platform === 'win32';
let tarball = '';
let top: readonly string[] = [];
let problems: readonly string[] = [];

beforeAll(async () => {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: root,
    shell,
  });
  tarball = join(project, (JSON.parse(packed.toString()) as { filename: string }[])[0].filename);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  top = readdirSync(installed);
  problems = bundleProblems(installed);
  // From here on the package is one that carries no binaries, and whose bundles name none: the sources have to do.
  const prebuilds = join(installed, 'prebuilds');
  rmSync(prebuilds, { recursive: true, force: true });
  await writeBundles({ prebuilds, dist: join(installed, 'dist') });
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
    'bench',
    'binding',
    'dist',
    'docs',
    'lib',
    'package.json',
    ...built,
    'src',
    'test',
  ]);
  for (const [folder, names] of [
    ['bench', ['RESULTS.md']],
    ['test', ['reference']],
    ['test/reference', ['README.md']],
  ] as const) {
    expect(readdirSync(join(installed, folder))).toEqual(names);
  }
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(3);
});

describe('links lead to what is in the tarball', () => {
  const shipped = () =>
    readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));

  test('of the README and of every page', () => {
    const pages = shipped().filter((path) => path.endsWith('.md'));
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/choosing.md', 'docs/api/Adam.md']));
    expect(deadLinks(pages, shipped(), (path) => readFileSync(join(installed, path), 'utf8'))).toEqual([]);
  });

  test('and are found where they do not', () => {
    const texts: Readonly<Record<string, string>> = {
      'README.md': '[a](docs/a.md) ![b](docs/b.svg) [c](#here) [d](https://example.org/x.md)\n# Here',
      'docs/a.md': '[up](../README.md#here) [out](../test/x.ts) [gone](../README.md#gone)',
    };
    const dead = deadLinks(Object.keys(texts), Object.keys(texts), (path) => texts[path]);
    expect(dead).toEqual(['README.md: docs/b.svg', 'docs/a.md: ../test/x.ts', 'docs/a.md: ../README.md#gone']);
  });

  // npm's page of a package shows its README: there, links are to lead to the repository as soon as there is one.
  test('and the README has none but absolute ones once package.json names a repository', () => {
    const readme = readFileSync(join(installed, 'README.md'), 'utf8');
    expect(notAbsolute(readme, manifest.repository)).toEqual([]);
    expect(notAbsolute('[a](docs/a.md) [b](#b) [c](https://example.org)', 'github:owner/name')).toEqual(['docs/a.md']);
  });
});

/** `page: link` for links to files that are not among the shipped, or to headings that are not there. */
function deadLinks(
  pages: readonly string[],
  files: readonly string[],
  read: (path: string) => string,
): readonly string[] {
  return pages.flatMap((page) =>
    linksIn(read(page))
      .filter((target) => {
        const [path, anchor] = target.split('#');
        const to = path === '' ? page : posix.join(posix.dirname(page), path);
        return !files.includes(to) || (anchor !== undefined && !anchorsIn(read(to)).includes(anchor));
      })
      .map((target) => `${page}: ${target}`),
  );
}

function notAbsolute(readme: string, repository: unknown): readonly string[] {
  return repository === undefined ? [] : linksIn(readme).filter((target) => !target.startsWith('#'));
}

test('publint and attw have nothing to say', () => {
  const env = { ...process.env, NO_COLOR: '1' }; // publint colours its remarks wherever CI is set
  const publint = spawnSync(bin('publint'), ['--strict', installed], { encoding: 'utf8', shell, env });
  expect(publint.status).toBe(0);
  // One suggestion is declined: with "sideEffects", bundles of `bun build --target=node` die when they are imported.
  const remarks = publint.stdout.split('\n').filter((line) => /^\d+\. |^(?:Warnings|Errors):/.test(line));
  expect(remarks).toEqual([expect.stringMatching(/^1\. .*"sideEffects"/)]);
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
  const others = [
    ...['LossScaler', 'Optimizer', 'ReduceOnPlateau'],
    ...['backend', 'layerDecay', 'schedules', 'splitGroups', 'useBinary'],
  ];
  expect(names).toEqual([...others, ...optimizers.map(({ name }) => name)].sort());
  expect(different).toEqual([]);
});

test.each([
  ['nodenext', 'node'],
  ['bundler', 'node'],
  ...['module', 'browser', 'bun', 'deno'].map((condition) => ['bundler', condition]),
])('a strict TypeScript project compiles against its types: %s, condition %s', (resolution, condition) => {
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
    [...flags, '--module', module, '--moduleResolution', resolution, '--customConditions', condition, 'user.mts'],
    { cwd: project, encoding: 'utf8', shell },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

describe('npx lockstep build', () => {
  const build = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    spawnSync(process.execPath, [join(installed, 'dist', 'cli.js'), 'build', ...args], {
      cwd: project,
      encoding: 'utf8',
      env,
    });
  // Node alone on the PATH: no compiler, no cmake.
  const bare = { PATH: mkdtempSync(join(tmpdir(), 'lockstep-path-')), HOME: process.env.HOME };
  afterAll(() => rmSync(bare.PATH, { recursive: true }));

  test('without a compiler says so, and ends with 1 unless it is optional', () => {
    const { status, stderr } = build(bare);
    expect(status).toBe(1);
    expect(stderr).toContain('NOT COMPILED: it needs a C++17 compiler and CMake');
    expect(existsSync(join(installed, 'build'))).toBe(false);
    expect(build(bare, '--optional')).toMatchObject({ status: 0, stderr: expect.stringContaining('NOT COMPILED') });
    expect(JSON.parse(use('b.cjs', cjs).stdout)).toMatchObject({ name: 'typescript', ...stepped });
  });

  test.skipIf(process.platform === 'win32')('keeps nothing compiled that does not load', () => {
    const PATH = mkdtempSync(join(project, 'path-'));
    const release = join(installed, 'build', 'Release');
    const lines = [`#!${process.execPath}`, "const fs = require('node:fs');"];
    lines.push(`fs.mkdirSync('${release}', { recursive: true });`);
    lines.push(`fs.writeFileSync('${release}/lockstep.node', 'not a binary');`);
    writeFileSync(join(PATH, 'cmake'), lines.join('\n'), { mode: 0o755 });
    const { status, stderr } = build({ ...bare, PATH });
    expect(status).toBe(1);
    expect(stderr).toContain('the binary was compiled, but it does not load');
    expect(existsSync(join(installed, 'build'))).toBe(false);
  });

  test('compiles where it can, from the files in the tarball and offline', () => {
    const { status, stderr } = build({ ...process.env, npm_config_offline: 'true' });
    expect(status, stderr).toBe(0);
    for (const [file, program] of [
      ['c.mjs', esm],
      ['c.cjs', cjs],
    ]) {
      const { stdout, stderr } = use(file, program);
      expect(JSON.parse(stdout)).toMatchObject({ name: expect.not.stringMatching('typescript'), ...stepped });
      expect(stderr).toBe('');
    }
  });

  test('what it compiled is handed on by copy and embed', async () => {
    const bundle = (outfile: string) =>
      esbuild({ entryPoints: [join(installed, 'dist', 'index.js')], bundle: true, platform: 'node', outfile });
    const folder = join(project, 'out');
    const command = (...args: string[]) =>
      spawnSync(process.execPath, [join(installed, 'dist', 'cli.js'), ...args], { cwd: project, encoding: 'utf8' });
    const { stdout, status } = command('copy', 'out');
    expect(status).toBe(0);
    const files = stdout
      .trim()
      .split('\n')
      .map((file) => basename(file));
    const [name] = files.filter((file) => file.startsWith(`lockstep.${process.platform}-${process.arch}`));
    expect(readFileSync(join(folder, name))).toEqual(
      readFileSync(join(installed, 'build', 'Release', 'lockstep.node')),
    );
    await bundle(join(folder, 'bundle.cjs'));
    const run = (program: string) =>
      spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' }).stdout.trim();
    expect(run("console.log(require('./bundle.cjs').backend().name)")).not.toBe('typescript');
    const embedded = command('embed');
    expect(embedded.status).toBe(0);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    await bundle(join(folder, 'bundle.cjs'));
    writeFileSync(join(folder, 'embedded.cjs'), embedded.stdout);
    const program = "require('./embedded.cjs'); console.log(JSON.stringify(require('./bundle.cjs').backend()))";
    expect(JSON.parse(run(program))).toMatchObject({ name: expect.not.stringMatching('typescript'), loadError: null });
    expect(command('copy', 'out', 'amiga')).toMatchObject({ status: 1, stderr: expect.stringContaining('amiga') });
  });
});

describe('what require loads', () => {
  /** The files that a statement loads, and the modules of Node that it asks for or makes Node load. */
  const loadedBy = (statement: string) => {
    const { stdout, stderr } = use(
      'loaded.cjs',
      `const Module = require('node:module');
       const asked = [];
       const { _load } = Module;
       Module._load = (name, ...rest) => {
         if (Module.isBuiltin(name)) asked.push(name);
         return _load(name, ...rest);
       };
       const { getBuiltinModule } = process;
       process.getBuiltinModule = (name) => {
         asked.push(name);
         return getBuiltinModule(name);
       };
       const names = () => process.moduleLoadList.filter((name) => /^NativeModule (?!internal)/.test(name));
       const [files, modules] = [Object.keys(require.cache), names()];
       ${statement};
       const isNew = (before) => (name) => !before.includes(name);
       const loaded = Object.keys(require.cache).filter(isNew(files));
       console.log(JSON.stringify({ files: loaded, modules: [...asked, ...names().filter(isNew(modules))] }));`,
    );
    expect(stderr).toBe('');
    const { files, modules } = JSON.parse(stdout) as Record<'files' | 'modules', string[]>;
    return { files: files.map((name) => name.replace(/^.*node_modules[\\/]lockstep[\\/]/, '')), modules };
  };

  test('is one file, and no module of Node', () => {
    expect(loadedBy("require('lockstep')")).toEqual({ files: [join('dist', 'index.js')], modules: [] });
  });

  test('by import is the same file, behind two small ones', () => {
    const { stdout } = use(
      'imported.mjs',
      `import { createRequire } from 'node:module';
       import 'lockstep';
       console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)));`,
    );
    const files = (JSON.parse(stdout) as string[]).map((name) => name.replace(/^.*[\\/]dist[\\/]/, ''));
    expect(files.sort()).toEqual(['default.js', 'index.js']);
  });

  test('is that file and the binary once an optimizer is made', () => {
    const { files, modules } = loadedBy("new (require('lockstep').Adam)([new Float32Array(4)])");
    expect(files).toEqual([join('dist', 'index.js'), join('build', 'Release', 'lockstep.node')]);
    expect(modules).toContain('node:crypto'); // else the test above would prove nothing
  });
});

describe('the bundles', () => {
  const bundles = ['index.js', 'esm/index.js', 'esm/index.bun.js', 'esm/index.browser.js'];
  const read = (name: string) => readFileSync(join(installed, 'dist', name), 'utf8');

  test.each(bundles)('%s: its source map leads to the files of lib/', (name) => {
    expect(read(name)).toMatch(new RegExp(`//# sourceMappingURL=${basename(name)}\\.map\n$`));
    const { sources } = JSON.parse(read(`${name}.map`)) as { readonly sources: readonly string[] };
    const missing = sources.filter((source) => !existsSync(join(installed, 'dist', dirname(name), source)));
    expect(missing).toEqual([]);
    expect(sources.length).toBeGreaterThan(50);
  });

  test.each(bundles)('%s: imports nothing, and requires no module of Node but where it needs one', (name) => {
    expect(read(name)).not.toMatch(/^import\b|^(?:var|const|let) \w+ = require\(/m);
    expect(read(name)).not.toContain('__require');
  });

  test('name the binaries that the package carries, with their checksums, and no other', () => {
    expect(problems).toEqual([]);
  });

  test.each(bundles)('%s: every class has the name that it is exported by', async (name) => {
    const exported = (await import(join(installed, 'dist', name))) as Record<string, unknown>;
    const isClass = (value: unknown) => typeof value === 'function' && /^class\b/.test(String(value));
    const names = Object.keys(exported).filter((key) => key !== 'default' && key !== 'module.exports');
    expect(names.sort()).toEqual(Object.keys(createRequire(installed)(join(installed, 'dist', 'index.js'))).sort());
    const classes = Object.entries(exported).filter(([name, value]) => isClass(value) && name !== 'default');
    expect(classes.length).toBeGreaterThan(optimizers.length);
    expect(classes.filter(([name, value]) => (value as { name: string }).name !== name)).toEqual([]);
  });
});

test('every class is one, by whichever condition it is reached in Node', () => {
  const program = `import { Adam } from 'lockstep';
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    const adam = new (require('lockstep').Adam)([new Float32Array(1)]);
    const { Optimizer } = await import('lockstep');
    console.log(adam instanceof Adam, adam instanceof Optimizer);`;
  expect(use('instances.mjs', program).stdout).toBe('true true\n');
});

test('the tarball is small', () => {
  expect(statSync(tarball).size).toBeLessThan(3e6);
});
