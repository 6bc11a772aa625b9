// The tables of docs/platforms.md, from the rows of one run.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../processes.mjs';
import { ways } from './deployments.mjs';
import { sizeOfBinary } from './tarballs.mjs';

const page = join(root, 'docs', 'platforms.md');

const markers = (name) => [`<!-- ${name}: written by npm run test:install -- --write -->`, `<!-- end of ${name} -->`];

function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

const ran = ({ outcome, runtime }) => (outcome === 'passed' && runtime ? 'yes' : 'not here');
const backend = (found) => (found?.backend ? `\`${found.backend}\`` : '–');
const hash = (found, reference) => {
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
      const { title, found } = row;
      return [title, found?.runtime ?? '–', binary, ran(row), backend(found), hash(found, reference)];
    }),
  );
}

function obstacleTable(rows, reference) {
  return table(
    ['on Linux x64', 'run', 'backend', 'hash'],
    rows.map((row) => [
      row.title,
      ran(row),
      row.expect === 'error' ? 'an error that says why' : backend(row.found),
      hash(row.found, reference),
    ]),
  );
}

/** All ways of a row have the same hash, or the run has failed. */
function deploymentTable(rows, reference) {
  const columns = ['program', ...Object.values(ways), 'one class', 'hash'];
  return table(
    columns,
    rows.map(({ title, ways: found = {}, isOneClass }) => [
      title,
      ...Object.keys(ways).map((way) => backend(found[way])),
      isOneClass ? 'yes' : '–',
      hash(Object.values(found)[0], reference),
    ]),
  );
}

/** Replaces what stands between the markers of a table. */
function replace(text, name, written) {
  const [begin, end] = markers(name);
  const first = text.indexOf(begin);
  const last = text.indexOf(end);
  if (first === -1 || last < first) throw new Error(`docs/platforms.md must hold the lines "${begin}" and "${end}"`);
  return `${text.slice(0, first)}${begin}\n\n${written}\n\n${text.slice(last)}`;
}

export function writeTables({ platforms, obstacles, deployments, reference, size }) {
  const summary = `The tarball has ${size}; in an empty folder, with \`--ignore-scripts\` and npm's cache warm, it was installed in ${reference.installed.toFixed(1)} s.`;
  let text = readFileSync(page, 'utf8');
  text = replace(text, 'platforms', `${platformTable(platforms, reference)}\n\n${summary}`);
  text = replace(text, 'obstacles', obstacleTable(obstacles, reference));
  text = replace(text, 'deployments', deploymentTable(deployments, reference));
  writeFileSync(page, text);
}
