// node scripts/build-ts.mjs: dist/, from lib/: types and commands by tsc, and what programs load by scripts/bundle.mjs.

import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeBundles } from './bundle.mjs';
import { root, run } from './processes.mjs';

/** Beside dist/, so that the paths in source maps are right, and renamed when all is there: none of an older build stays. */
const made = join(root, 'dist.new');

/** What tsc writes and a program loads as it is; all other JavaScript is in the bundles. */
const kept = /^(?:cli\.js|version\.js|bench[\\/].*)(?:\.map)?$/;

rmSync(made, { recursive: true, force: true });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status, output } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', made]);
if (status !== 0) {
  process.stdout.write(output);
  process.exit(1);
}
for (const name of readdirSync(made, { recursive: true, encoding: 'utf8' })) {
  if (/\.m?js(\.map)?$/.test(name) && !kept.test(name)) rmSync(join(made, name));
}
await writeBundles({ dist: made });
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(made, join(root, 'dist'));
