// Whether the bundles and the binaries of a package fit together. A bundle that names a file that is not there breaks every
// build with webpack or Next.js; a checksum that is not the file's has lockstep refuse it.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What programs load: the file that holds the checksums, and the one that names the binaries. */
const bundles = [
  { name: 'index.js', where: 'binaries.js' },
  { name: 'esm/index.js' },
  { name: 'esm/index.bun.js' },
  { name: 'esm/index.browser.js', isBrowser: true },
];

/** Problems in sentences, of the folder of a package. */
export function bundleProblems(folder) {
  const list = join(folder, 'prebuilds', 'SHA256SUMS');
  const text = existsSync(list) ? readFileSync(list, 'utf8') : '';
  const listed = new Map([...text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)].map(([, sum, file]) => [file, sum]));
  return bundles.flatMap(({ name, where = name, isBrowser = false }) =>
    problemsOf(folder, name, where, isBrowser ? new Map() : listed),
  );
}

/** `listed` has the checksums of the files that the bundle must name, and no other. */
function problemsOf(folder, name, where, listed) {
  const [path, wherePath] = [name, where].map((file) => join(folder, 'dist', file));
  for (const file of [path, wherePath]) if (!existsSync(file)) return [`${file} is missing: npm run build:ts`];
  const text = readFileSync(path, 'utf8');
  const literals = [...readFileSync(wherePath, 'utf8').matchAll(/["'](\.[./]*\/prebuilds\/[^"']+)["']/g)].map(
    ([, literal]) => literal,
  );
  const files = literals.map((literal) =>
    relative(join(folder, 'prebuilds'), join(dirname(path), literal)).replaceAll('\\', '/'),
  );
  const sums = new Set(text.match(/\b[0-9a-f]{64}\b/g));
  const problems = [];
  for (const file of new Set(files)) {
    if (!existsSync(join(folder, 'prebuilds', file))) problems.push(`dist/${where} names ${file}, which is missing`);
    if (!listed.has(file)) problems.push(`dist/${where} names ${file}, which SHA256SUMS does not list`);
  }
  for (const [file, sum] of listed) {
    if (!files.includes(file)) problems.push(`dist/${where} must name prebuilds/${file}: node scripts/bundle.mjs`);
    if (!sums.has(sum))
      problems.push(`dist/${name} must hold the checksum of ${file}, ${sum}: node scripts/bundle.mjs`);
  }
  const known = new Set(listed.values());
  for (const sum of sums)
    if (!known.has(sum)) problems.push(`dist/${name} holds ${sum}, which SHA256SUMS does not list`);
  return problems;
}
