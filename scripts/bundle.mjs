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

/** What lib/where.ts is in a CommonJS bundle. The paths stand in a file of their own, which is loaded when they are asked for. */
const commonjs = `
    export const home = '..';
    export const self = () => (typeof __filename === 'string' ? __filename : undefined);
    export const locate = (key) => require('./binaries.js').locate(key);
    export const literal = undefined;`;

/**
 * That file. ncc finds no paths in a file with syntax that is newer than ES2020. nft, ncc and Turbopack follow `path.join`;
 * Turbopack follows no `__dirname + '…'`.
 */
function paths(binaries) {
  const join = (file) => `require('node:path').join(__dirname, '../prebuilds/${file}')`;
  return `'use strict';\nexports.locate = (key) => {\n${switchOver(binaries, join)}\n};\n`;
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
    // Some bundlers write the URL that the file had where they ran. On this machine it may be none: '/home/me' is no path on Windows.
    function orUndefined(find) {
      try {
        return find();
      } catch {
        return undefined;
      }
    }
    function named(key) {
    ${switchOver(binaries, url)}
    }
    export const home = '../..';
    export function self() {
      if (typeof import.meta.url === 'string') return orUndefined(() => toPath(new URL(import.meta.url)));
      return typeof __filename === 'string' ? __filename : undefined;
    }
    export function locate(key) {
      return typeof import.meta.url === 'string' ? orUndefined(() => named(key)) : undefined;
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

/**
 * Has classes that esbuild renamed keep the names that they are exported by: beside the class `Adam` there is a rule of that name.
 * esbuild's own `keepNames` does so for every function, which takes a tenth of the time to load. What is added stands at the
 * end of a line: source maps stay true.
 */
function nameClasses(text) {
  let named = text;
  // `  Adam: () => Adam2,` in CommonJS; `  Adam2 as Adam,` or `  Optimizer,` in a module.
  for (const [, first, local = first, name = first] of text.matchAll(/^ {2}(\w+)(?:: \(\) => (\w+)| as (\w+))?,?$/gm)) {
    // A class that names itself in its body is `var Name = class _Name`.
    const other = local === name ? `var ${local} = class _` : `(?:class ${local}\\b|var ${local} = class\\b)`;
    const head = new RegExp(`^${other}.*\\{$`, 'm');
    named = named.replace(head, `$& static { Object.defineProperty(this, 'name', { value: '${name}' }); }`);
  }
  return named;
}

/** Has esbuild's helper export what the module has, and nothing that a program added to `Object.prototype`. */
function ownExports(text) {
  return text.replace('for (var name in all)', 'for (var name of Object.keys(all))');
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
  external: ['./binaries.js'],
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
  metafile: true,
};

/** The commands of `npx lockstep` that need more than the entry point offers. */
const commands = ['doctor', 'build', 'copy', 'embed'];

/**
 * The ESM door to the same CommonJS build: however lockstep is reached in Node, there is one copy of each class. It names what it
 * exports, since no tool finds these names in a bundle, and takes it by a small file: Node searches a CommonJS file that is
 * imported for names, and index.js is long.
 */
function writeShell(dist, names) {
  writeFileSync(
    join(dist, 'default.js'),
    "'use strict';\nconst lockstep = require('./index.js');\nmodule.exports = lockstep;\n",
  );
  const exports = `export const {\n${names.map((name) => `  ${name},\n`).join('')}} = lockstep;\n`;
  writeFileSync(join(dist, 'index.mjs'), `import lockstep from './default.js';\n${exports}`);
  // Deno asks for a permission before a CommonJS file may require another one, and searches for names faster than Node.
  writeFileSync(join(dist, 'index.deno.mjs'), `import lockstep from './index.js';\n${exports}`);
}

/**
 * Writes the bundles.
 *
 * @param prebuilds the folder of the binaries that they name
 * @param dist where they go
 */
export async function writeBundles({ prebuilds = join(root, 'prebuilds'), dist = join(root, 'dist') } = {}) {
  const binaries = binariesIn(prebuilds);
  const bundles = [
    { entry: 'index', format: 'cjs', output: 'index.js', where: commonjs },
    { entry: 'index', format: 'esm', output: 'esm/index.js', where: esm(binaries) },
    { entry: 'index', format: 'esm', output: 'esm/index.bun.js', where: bun(binaries) },
    { entry: 'index', format: 'esm', output: 'esm/index.browser.js', where: browser() },
    ...commands.map((entry) => ({ entry, format: 'cjs', output: `${entry}.js`, where: commonjs })),
  ];
  const exported = await Promise.all(
    bundles.map(async ({ entry, format, output, where }) => {
      const { outputFiles, metafile } = await build({
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
        const isMap = path.endsWith('.map');
        writeFileSync(file, isMap ? text : nameClasses(ownExports(text.replaceAll(requireOfBun, 'require')))); // no line is moved: the map stays true
      }
      return Object.values(metafile.outputs).flatMap((output) => output.exports ?? []);
    }),
  );
  writeFileSync(join(dist, 'binaries.js'), paths(binaries));
  writeShell(dist, exported[bundles.findIndex(({ output }) => output === 'esm/index.js')]);
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(dist, 'esm', 'package.json'), '{ "type": "module" }\n');
  // The types of both are one: a class that came by one door is the other's.
  writeFileSync(join(dist, 'esm', 'index.d.ts'), "export * from '../index.js';\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeBundles();
