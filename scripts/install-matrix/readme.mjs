// The README's tables of platforms, from the rows of one run.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../processes.mjs';
import { sizeOfBinary } from './tarballs.mjs';

const readme = join(root, 'README.md');
const begin = '<!-- written by npm run test:install -- --write -->';
const end = '<!-- end of the matrix -->';

function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

const ran = ({ outcome, runtime }) => (outcome === 'passed' && runtime ? 'yes' : 'not here');
const backend = ({ found }) => (found?.backend ? `\`${found.backend}\`` : '–');
const hash = ({ found }, reference) => {
  if (found?.hash === undefined) return '–';
  return found.hash === reference.found.hash ? 'equal' : 'NOT EQUAL';
};

function platformTable(rows, reference) {
  const columns = ['platform', 'runtime', 'binary', 'run', 'backend', 'hash'];
  return table(
    columns,
    rows.map((row) => {
      const size = sizeOfBinary(row.platform);
      const binary = size === undefined ? 'not built' : `${(size / 1e3).toFixed(0)} KB`;
      return [row.title, row.found?.runtime ?? '–', binary, ran(row), backend(row), hash(row, reference)];
    }),
  );
}

function obstacleTable(rows, reference) {
  return table(
    ['on Linux x64', 'run', 'backend', 'hash'],
    rows.map((row) => [
      row.title,
      ran(row),
      row.expect === 'error' ? 'an error that says why' : backend(row),
      hash(row, reference),
    ]),
  );
}

/** Replaces what stands between the markers. */
export function writeReadme(platforms, obstacles, reference, size) {
  const text = readFileSync(readme, 'utf8');
  const first = text.indexOf(begin);
  const last = text.indexOf(end);
  if (first === -1 || last < first) throw new Error(`README.md must hold the lines "${begin}" and "${end}"`);
  const summary = `The tarball has ${size}; in an empty folder, with \`--ignore-scripts\` and npm's cache warm, it was installed in ${reference.installed.toFixed(1)} s.`;
  const tables = [platformTable(platforms, reference), obstacleTable(obstacles, reference), summary].join('\n\n');
  writeFileSync(readme, `${text.slice(0, first)}${begin}\n\n${tables}\n\n${text.slice(last)}`);
}
