// node bundle.mjs TOOL FORMAT ENTRY DIRECTORY: bundles a program for Node.js into DIRECTORY/out.mjs or out.cjs, or traces its
// files into DIRECTORY, with the defaults of the tool. FORMAT is esm or cjs.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const [tool, format, entry, directory] = process.argv.slice(2);
const isEsm = format === 'esm';
const file = isEsm ? 'out.mjs' : 'out.cjs';
const path = resolve(directory);
const input = resolve(entry);
const { resolve: locate } = createRequire(import.meta.url);

async function webpackOrRspack(compiler) {
  const output = { path, filename: file };
  if (isEsm) Object.assign(output, { module: true, chunkFormat: 'module', library: { type: 'module' } });
  const options = { mode: 'production', target: 'node', entry: input, output, experiments: { outputModule: isEsm } };
  const stats = await new Promise((done, fail) => {
    compiler(options, (error, stats) => (error ? fail(error) : done(stats)));
  });
  if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
}

async function esbuild(external) {
  const { build } = await import('esbuild');
  await build({ entryPoints: [input], bundle: true, platform: 'node', format, external, outfile: join(path, file) });
}

async function rollupOrRolldown(bundling, options) {
  const bundle = await bundling({ input, ...options });
  await bundle.write({ file: join(path, file), format: isEsm ? 'es' : 'cjs', inlineDynamicImports: true });
}

/** @param ssr what is bundled and what is left in node_modules; by default all packages are left there */
async function vite(ssr) {
  const { build } = await import('vite');
  const rollupOptions = { output: { entryFileNames: file } };
  await build({ logLevel: 'warn', ssr, build: { ssr: input, outDir: path, rollupOptions } });
}

const tools = {
  webpack: async () => webpackOrRspack((await import('webpack')).default),
  rspack: async () => webpackOrRspack((await import('@rspack/core')).rspack),
  esbuild: () => esbuild([]),
  'esbuild-external': () => esbuild(['lockstep']),
  async rollup() {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const { default: commonjs } = await import('@rollup/plugin-commonjs');
    await rollupOrRolldown(rollup, { plugins: [nodeResolve(), commonjs()] });
  },
  async rolldown() {
    const { rolldown } = await import('rolldown');
    await rollupOrRolldown(rolldown, { platform: 'node' });
  },
  vite: () => vite({}),
  'vite-bundled': () => vite({ noExternal: true }),
  'vite-external': () => vite({ noExternal: true, external: ['lockstep'] }),
  async ncc() {
    const { default: ncc } = await import('@vercel/ncc');
    const { code, assets } = await ncc(input, { quiet: true, cache: false });
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, file), code);
    for (const [name, { source }] of Object.entries(assets)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), source);
    }
  },
  async nft() {
    const { nodeFileTrace } = await import('@vercel/nft');
    const { fileList } = await nodeFileTrace([input]);
    for (const traced of fileList) {
      mkdirSync(dirname(join(path, traced)), { recursive: true });
      copyFileSync(traced, join(path, traced));
    }
  },
  async tsdown() {
    const { build } = await import('tsdown');
    await build({
      ...{ entry: { out: input }, outDir: path, format, dts: false, clean: false, config: false, logLevel: 'warn' },
      ...{ noExternal: [/./], platform: 'node' },
    });
  },
  async tsup() {
    const { build } = await import('tsup');
    const outExtension = () => ({ js: isEsm ? '.mjs' : '.cjs' });
    await build({
      ...{ entry: { out: input }, outDir: path, format, config: false, silent: true, outExtension },
      ...{ noExternal: [/./], platform: 'node' },
    });
  },
  async parcel() {
    const { Parcel } = await import('@parcel/core');
    const outputFormat = isEsm ? 'esmodule' : 'commonjs';
    const target = { distDir: path, distEntry: file, context: 'node', includeNodeModules: true, outputFormat };
    const options = { entries: [input], defaultConfig: locate('@parcel/config-default'), targets: { out: target } };
    await new Parcel({ ...options, mode: 'production', shouldDisableCache: true }).run();
  },
};
await tools[tool]();
