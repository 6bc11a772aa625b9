// node scripts/bundle.mjs: what `require('lockstep')` and bundlers load, each in one file, from lib/ and from the binaries that
// prebuilds/ holds. `npm run build:ts` ends with this. It has to run again whenever prebuilds/ has changed, before the package
// is packed: checksums and paths of the binaries stand in these files.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { targets } from './prebuild-targets.mjs';
import { root } from './processes.mjs';

/** The prebuilt files that are there, by key: `{ 'linux-x64-glibc': { file, sum } }`. */
function binariesIn(prebuilds) {
  const there = targets.filter(({ file }) => existsSync(join(prebuilds, file)));
  return there.map(({ platform, arch, libc, file }) => ({
    key: [platform, arch, libc].filter(Boolean).join('-'),
    file,
    sum: createHash('sha256')
      .update(readFileSync(join(prebuilds, file)))
      .digest('hex'),
  }));
}

/** A `switch` over the keys: bundlers and tracers understand nothing but the literal that stands in each case. */
function switchOver(binaries, literal) {
  const cases = binaries.map(({ key, file }) => `    case '${key}':\n      return ${literal(file)};`);
  return `  switch (key) {\n${cases.join('\n')}\n  }\n  return undefined;`;
}

/** Stands for `require` while esbuild writes a bundle: it would put a function of its own in the place of the word. */
const requireOfBun = 'reqUire';

/** What lib/where.ts is in a CommonJS bundle. nft, ncc and Turbopack follow `path.join`; Turbopack follows no `__dirname + '…'`. */
function commonjs(binaries) {
  const join = (file) => `require('node:path').join(__dirname, '../prebuilds/${file}')`;
  return `
    export const home = '..';
    export const self = () => (typeof __filename === 'string' ? __filename : undefined);
    export function locate(key) {\n${switchOver(binaries, join)}\n}
    export const literal = undefined;`;
}

/** What it is in an ES module. Written out in an output of another format, \`import.meta.url\` is undefined. */
function esm(binaries, literal = 'undefined') {
  const url = (file) => `toPath(new URL('../../prebuilds/${file}', import.meta.url))`;
  return `
    import { builtin } from './runtime.js';
    function toPath(url) {
      if (url.protocol === 'file:') return builtin('node:url').fileURLToPath(url);
      // Next.js with webpack answers /_next/static/media/NAME, which is no file URL: the file lies below the server's chunks.
      const [tail] = /\\/static\\/media\\/[^/]+\\.node$/.exec(String(url)) ?? [];
      if (tail === undefined) return undefined;
      const { dirname, join } = builtin('node:path');
      const { existsSync } = builtin('node:fs');
      const folders = [dirname(process.argv[1] ?? ''), process.cwd()];
      return folders.map((folder) => join(folder, '.next', 'server', 'chunks', tail)).find((file) => existsSync(file));
    }
    export const home = '../..';
    export function self() {
      if (typeof import.meta.url === 'string') return toPath(new URL(import.meta.url));
      return typeof __filename === 'string' ? __filename : undefined;
    }
    export function locate(key) {
      if (typeof import.meta.url !== 'string') return undefined;
    ${switchOver(binaries, url)}
    }
    export const literal = ${literal};`;
}

/** As an ES module, for Bun, whose bundler puts into the program what a \`require\` names. */
function bun(binaries) {
  const required = (file) => `${requireOfBun}('../../prebuilds/${file}')`;
  return esm(binaries, `(key) => {\n${switchOver(binaries, required)}\n}`);
}

/** A page in a browser loads no binary, and its bundle is to carry none. */
function browser() {
  return `
    export const home = '..';
    export const self = () => undefined;
    export const locate = () => undefined;
    export const literal = undefined;`;
}

/** Puts `text` in the place of lib/where.ts. */
function whereIs(text, binaries) {
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  const sums = Object.fromEntries(binaries.map(({ key, sum }) => [key, sum]));
  const contents = `export const version = () => '${version}';\nexport const sums = ${JSON.stringify(sums)};\n${text}`;
  return {
    name: 'where',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]lib[\\/]where\.ts$/ }, () => ({ contents, loader: 'ts' }));
    },
  };
}

/** Leaves the entry point that all programs share out of the bundles of commands: there is one copy of each class. */
function sharedEntry(from) {
  return {
    name: 'shared-entry',
    setup({ onResolve }) {
      onResolve({ filter: /\/index\.js$/ }, ({ resolveDir, path }) => {
        if (join(resolveDir, path) !== join(root, 'lib', 'index.js')) return undefined;
        return {
          path: `./${relative(dirname(from), 'index.js')}`.replace(/^\.\/\.\./, '..').replaceAll('\\', '/'),
          external: true,
        };
      });
    },
  };
}

const options = {
  bundle: true,
  platform: 'node',
  target: 'es2022',
  sourcemap: 'linked',
  sourcesContent: false, // lib/ is in the package
  legalComments: 'none',
  keepNames: true, // a class stays `Adam` though a rule of that name stands beside it in the bundle
  logLevel: 'warning',
  write: false,
};

/** The commands of `npx lockstep` that need more than the entry point offers. */
const commands = ['doctor', 'build', 'copy', 'embed'];

/**
 * Writes the bundles.
 *
 * @param prebuilds the folder of the binaries that they name
 * @param dist where they go
 */
export async function writeBundles({ prebuilds = join(root, 'prebuilds'), dist = join(root, 'dist') } = {}) {
  const binaries = binariesIn(prebuilds);
  const bundles = [
    { entry: 'index', format: 'cjs', output: 'index.js', where: commonjs(binaries) },
    { entry: 'index', format: 'esm', output: 'esm/index.js', where: esm(binaries) },
    { entry: 'index', format: 'esm', output: 'esm/index.bun.js', where: bun(binaries) },
    { entry: 'index', format: 'esm', output: 'esm/index.browser.js', where: browser() },
    ...commands.map((entry) => ({ entry, format: 'cjs', output: `${entry}.js`, where: commonjs(binaries) })),
  ];
  await Promise.all(
    bundles.map(async ({ entry, format, output, where }) => {
      const { outputFiles } = await build({
        ...options,
        format,
        entryPoints: [join(root, 'lib', `${entry}.ts`)],
        outfile: join(root, 'dist', output), // where the map is written from
        plugins: [
          whereIs(where, output.includes('browser') ? [] : binaries),
          ...(entry === 'index' ? [] : [sharedEntry(output)]),
        ],
      });
      mkdirSync(dirname(join(dist, output)), { recursive: true });
      for (const { path, text } of outputFiles) {
        const file = join(dist, relative(join(root, 'dist'), path));
        writeFileSync(file, text.replaceAll(requireOfBun, 'require')); // as long: the map stays true
      }
    }),
  );
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(dist, 'esm', 'package.json'), '{ "type": "module" }\n');
  // The types of both are one: a class that came by one door is the other's.
  writeFileSync(join(dist, 'esm', 'index.d.ts'), "export * from '../index.js';\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeBundles();
