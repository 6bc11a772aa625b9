// How programs that use lockstep are deployed, as data. deployments.mjs says what a row has; `wide` ones run in .ci/wide alone.

import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, runOrThrow } from '../processes.mjs';
import { fetchProgram } from './runtimes.mjs';
import { development, standalone } from './servers.mjs';
import { bundle, installTools, modules } from './tools.mjs';

const isNative = { away: 'native' };
/** Of tools that copy no files: native as long as the package is deployed, too, and with one command. */
const isAlone = { away: 'typescript', inPlace: 'native', copied: 'native', altered: 'refused', embedded: 'native' };
/** Of programs that are run with the node_modules of their project. */
const isExternal = { inPlace: 'native' };
const programs = { esm: 'imports.mjs', cjs: 'requires.cjs' };

const node = (file) => (folder, env) => run(process.execPath, [file(folder)], { cwd: folder, env });

/** A row for what tools/bundle.mjs writes in a format. */
function bundled(tool, format, title, expect, more = {}) {
  const entry = programs[format];
  return {
    name: `${tool}-${format}`,
    title,
    entry,
    async build(project, program, output) {
      await installTools();
      await bundle(project, tool, format, program, output);
    },
    run: node((folder) => join(folder, format === 'esm' ? 'out.mjs' : 'out.cjs')),
    oneClass: format === 'esm',
    expect,
    ...more,
  };
}

/** A row for the files that @vercel/nft says a program needs. */
function traced(format, title) {
  const row = bundled('nft', format, title, isNative, { oneClass: false });
  return { ...row, run: node((folder) => join(folder, row.entry)) };
}

const bun = async (project, ...args) => runOrThrow(await fetchProgram('bun'), ['build', ...args], { cwd: project });

/** A row for `bun build`. */
function bunBuilt(target, title, expect, runtime) {
  return {
    name: `bun-build-${target}`,
    title,
    entry: programs.esm,
    build: (project, program, output) =>
      bun(project, program, `--target=${target}`, '--outdir', output, '--entry-naming=out.js'),
    run: async (folder, env) => run(await runtime(), [join(folder, 'out.js')], { cwd: folder, env }),
    oneClass: true,
    expect,
  };
}

const executable = (folder, env) => run(join(folder, 'app'), [], { cwd: folder, env });

/** Node's own executable with a program in it. */
async function buildSea(project, program, output) {
  await installTools();
  const config = join(project, 'sea.json');
  const blob = join(project, 'sea.blob');
  const app = join(output, 'app');
  await bundle(project, 'esbuild', 'cjs', program, join(project, 'sea'));
  writeFileSync(
    config,
    JSON.stringify({ main: join(project, 'sea', 'out.cjs'), output: blob, disableExperimentalSEAWarning: true }),
  );
  await runOrThrow(process.execPath, ['--experimental-sea-config', config], { cwd: project });
  mkdirSync(output, { recursive: true });
  copyFileSync(process.execPath, app);
  chmodSync(app, 0o755);
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
  const postject = join(modules, 'postject', 'dist', 'cli.js');
  await runOrThrow(process.execPath, [postject, app, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse]);
}

/** A row for Jest, in one of its environments. */
function tested(name, title, file, environment, flags = []) {
  const copied = `train.test${file.slice(-4)}`;
  return {
    name,
    title,
    async prepare(project) {
      await installTools();
      copyFileSync(join(root, 'scripts', 'install-matrix', 'jest', file), join(project, copied));
      const testEnvironment = join(modules, `jest-environment-${environment}`);
      const config = { testEnvironment, transform: {}, testMatch: [`**/${copied}`] };
      writeFileSync(join(project, 'jest.config.json'), JSON.stringify(config));
    },
    async run(folder, env) {
      const jest = join(modules, 'jest', 'bin', 'jest.js');
      const result = await run(process.execPath, [...flags, jest], { cwd: folder, env });
      return { ...result, stdout: result.status === 0 ? readFileSync(join(folder, 'found.json'), 'utf8') : '' };
    },
    asksForOneClass: file === 'imported.mjs',
    expect: isExternal,
  };
}

/** A row for Yarn's Plug'n'Play: a project without node_modules. */
function pluggedAndPlayed(name, title, program) {
  const yarn = (project, args, env) => {
    const cli = join(modules, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
    return run(process.execPath, [cli, ...args], { cwd: project, env });
  };
  return {
    name,
    title,
    async prepare(project, tarball) {
      await installTools();
      const folder = join(project, 'pnp');
      mkdirSync(folder);
      for (const file of [program, 'training.cjs']) copyFileSync(join(project, file), join(folder, file));
      rmSync(join(project, 'node_modules'), { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "name": "a-user", "private": true }');
      writeFileSync(join(folder, 'yarn.lock'), ''); // a project of its own
      writeFileSync(
        join(folder, '.yarnrc.yml'),
        [
          'nodeLinker: pnp',
          'pnpEnableEsmLoader: true',
          'enableTelemetry: false',
          `npmRegistryServer: ${await registry()}`,
          '',
        ].join('\n'),
      );
      const { status, output } = await yarn(folder, ['add', `lockstep@file:${tarball}`]);
      if (status !== 0) throw new Error(`yarn add ended with ${status}: ${output}`);
    },
    run: (folder, env) => yarn(join(folder, 'pnp'), ['node', program], env),
    expect: isExternal,
  };
}

const registry = async () => (await runOrThrow('npm', ['config', 'get', 'registry'])).trim();
const here = async () => process.execPath;

export const deployments = [
  // The slowest first: the two that run at a time then end together.
  { name: 'next16-turbopack', title: 'Next.js 16, `next build` (Turbopack), standalone', ...standalone('next', []) },
  {
    name: 'next16-webpack',
    title: 'Next.js 16, `next build --webpack`, standalone',
    ...standalone('next', ['--webpack']),
  },
  {
    name: 'next16-external',
    title: "Next.js 16, Turbopack, `serverExternalPackages: ['lockstep']`, standalone",
    ...standalone('next', [], { serverExternalPackages: ['lockstep'] }),
  },
  { name: 'next16-dev', title: 'Next.js 16, `next dev` (Turbopack)', ...development('next', []) },
  {
    name: 'next16-dev-webpack',
    title: 'Next.js 16, `next dev --webpack`',
    ...development('next', ['--webpack']),
    wide: true,
  },
  {
    name: 'next15-webpack',
    title: 'Next.js 15, `next build` (webpack), standalone',
    ...standalone('next15', []),
    wide: true,
  },
  {
    name: 'next15-turbopack',
    title: 'Next.js 15, `next build --turbopack`, standalone',
    ...standalone('next15', ['--turbopack']),
    wide: true,
  },
  bundled('webpack', 'esm', 'webpack, ES modules', isNative),
  bundled('webpack', 'cjs', 'webpack, CommonJS', isNative),
  bundled('rspack', 'esm', 'Rspack, ES modules', isNative),
  bundled('rspack', 'cjs', 'Rspack, CommonJS', isNative),
  bundled('ncc', 'esm', 'ncc, ES modules', isNative),
  bundled('ncc', 'cjs', 'ncc, CommonJS', isNative),
  traced('esm', '@vercel/nft, ES modules'),
  traced('cjs', '@vercel/nft, CommonJS'),
  bundled('parcel', 'esm', 'Parcel, ES modules', isNative),
  bundled('parcel', 'cjs', 'Parcel, CommonJS', isNative),
  bundled('esbuild', 'esm', 'esbuild, ES modules', isAlone),
  bundled('esbuild', 'cjs', 'esbuild, CommonJS', isAlone),
  bundled('esbuild-external', 'esm', 'esbuild, `external`, ES modules', isExternal, { oneClass: false }),
  bundled('esbuild-external', 'cjs', 'esbuild, `external`, CommonJS', isExternal),
  bundled('rollup', 'esm', 'Rollup, ES modules', isAlone),
  bundled('rollup', 'cjs', 'Rollup, CommonJS', isAlone),
  bundled('rolldown', 'esm', 'rolldown, ES modules', isAlone),
  bundled('rolldown', 'cjs', 'rolldown, CommonJS', isAlone),
  bundled('vite', 'esm', 'Vite SSR, as it is', isExternal),
  bundled('vite-external', 'esm', "Vite SSR, `noExternal: true`, `external: ['lockstep']`", isExternal),
  bundled('vite-bundled', 'esm', 'Vite SSR, `noExternal: true`', isAlone),
  bundled('tsdown', 'esm', 'tsdown, `noExternal`, ES modules', isAlone),
  bundled('tsdown', 'cjs', 'tsdown, `noExternal`, CommonJS', isAlone),
  bundled('tsup', 'esm', 'tsup, `noExternal`, ES modules', isAlone, { wide: true }),
  bundled('tsup', 'cjs', 'tsup, `noExternal`, CommonJS', isAlone, { wide: true }),
  bunBuilt('bun', '`bun build --target=bun`', isNative, () => fetchProgram('bun')),
  bunBuilt('node', '`bun build --target=node`', isAlone, here),
  {
    name: 'bun-compile',
    title: '`bun build --compile`',
    entry: programs.esm,
    build: (project, program, output) => bun(project, program, '--compile', '--outfile', join(output, 'app')),
    run: executable,
    oneClass: true,
    expect: isNative,
  },
  {
    name: 'sea',
    title: 'Node SEA (a bundle of esbuild in it)',
    entry: programs.cjs,
    build: buildSea,
    run: executable,
    expect: { ...isAlone, named: 'native' },
  },
  tested('jest', 'Jest', 'required.cjs', 'node'),
  tested('jest-jsdom', 'Jest, jsdom', 'required.cjs', 'jsdom'),
  tested('jest-esm', 'Jest, ES modules', 'imported.mjs', 'node', ['--experimental-vm-modules']),
  pluggedAndPlayed('pnp-esm', "Yarn 4, Plug'n'Play, ES modules", programs.esm),
  pluggedAndPlayed('pnp-cjs', "Yarn 4, Plug'n'Play, CommonJS", programs.cjs),
];
