// node scripts/check-release.mjs TAG: whether this checkout, with its prebuilds/, may be published as TAG, such as v0.1.0.
// Packs the tarball beside it if so.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundles } from './bundle.mjs';
import { bundleProblems } from './bundle-problems.mjs';
import { targets } from './prebuild-targets.mjs';
import { root, runOrThrow } from './processes.mjs';

const maxSize = 3e6;

function sha256(file) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'prebuilds', file)))
    .digest('hex');
}

const [tag] = process.argv.slice(2);
const { version, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const problems = [];
if (tag !== `v${version}`) problems.push(`the tag must be v${version}, as package.json says, received ${tag}`);
const { GITHUB_REPOSITORY: origin } = process.env;
if (origin && !repository?.url?.endsWith(`github.com/${origin}.git`)) {
  problems.push(`package.json must name the repository ${origin}: npm attests the provenance of nothing else`);
}
if (!readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes(`\n## [${version}]`)) {
  problems.push(`CHANGELOG.md must have a section [${version}]`);
}
const sums = join(root, 'prebuilds', 'SHA256SUMS');
const listed = existsSync(sums) ? readFileSync(sums, 'utf8') : '';
for (const { file } of targets) {
  if (!existsSync(join(root, 'prebuilds', file))) problems.push(`prebuilds/${file} is missing`);
  else if (!listed.includes(`${sha256(file)}  ${file}\n`)) {
    problems.push(`prebuilds/SHA256SUMS must list ${file} with its checksum ${sha256(file)}`);
  }
}
await writeBundles(); // with the binaries of all platforms, which lie together here
const [{ filename, size }] = JSON.parse(await runOrThrow('npm', ['pack', '--json', '--ignore-scripts']));
const unpacked = mkdtempSync(join(tmpdir(), 'lockstep-release-'));
await runOrThrow('tar', ['-xzf', join(root, filename), '-C', unpacked]);
problems.push(...bundleProblems(join(unpacked, 'package')));
rmSync(unpacked, { recursive: true });
if (size >= maxSize) problems.push(`the tarball must be smaller than ${maxSize / 1e6} MB, it has ${size / 1e6}`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${filename}: ${(size / 1e6).toFixed(2)} MB, ready to be published as ${tag}`);
