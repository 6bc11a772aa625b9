// npx lockstep bench.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend } from 'lockstep';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkAlike, Disagreement } from '../dist/bench/check.js';
import type { Results } from '../dist/bench/results.js';
import type { Kind, Trainee } from '../dist/bench/subjects.js';
import { lockstep } from './command.js';
import { root } from './native-build.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (args: readonly string[], node: readonly string[] = []) => lockstep(['bench', ...args], { node });

describe('options', () => {
  const optimizers = 'SGD, Momentum, Adagrad, Adam, AdamW';
  const known = '--quick, --all-backends, --json, --help, --only, --html';

  test.each([
    [['--abc'], `bench has the options ${known}, received '--abc'`],
    [['abc'], `bench has the options ${known}, received 'abc'`],
    [['--only', 'Adamm'], `--only must be one of ${optimizers}, received 'Adamm'`],
    [['--only'], `--only must be followed by one of ${optimizers}, received nothing`],
    [['--html'], '--html must be followed by the name of a file, received nothing'],
    [['--html', '--json'], "--html must be followed by the name of a file, received '--json'"],
    [['--json=1'], "--json takes no value, received '1'"],
  ])('%j', (args, message) => {
    expect(bench(args)).toEqual({ stdout: '', stderr: `${message}\n`, status: 1 });
  });

  test('a page that cannot be written is refused before anything is measured', () => {
    const { stdout, stderr, status } = bench(['--html', join('no', 'such', 'page.html')]);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^--html must be a file that can be written, received '.*page\.html' \(ENOENT.*\)\n$/);
  });

  test('--help', () => {
    const { stdout, stderr, status } = bench(['--help']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    for (const option of known.split(', ')) expect(stdout).toContain(option);
  });
});

describe('a run', () => {
  const file = join(folder, 'page.html');
  let outcome: ReturnType<typeof bench>;
  beforeAll(() => {
    outcome = bench(['--quick', '--only', 'SGD', '--json', '--html', file]);
  });

  test('writes what it measured as JSON, and nothing else', () => {
    const { stdout, stderr, status } = outcome;
    expect(stderr).toBe(`The charts are in ${file}\n`);
    expect(status).toBe(0);
    const { environment, throughput } = JSON.parse(stdout) as Results;
    const { available, name } = backend();
    expect(environment).toMatchObject({ backend: name, backends: available, node: process.version, loadError: null });
    expect(throughput.map(({ optimizer, dtype }) => `${optimizer} ${dtype}`)).toEqual(['SGD f32']);
    const [{ sizes, notRun, comparedElements }] = throughput;
    expect(notRun).toEqual([]);
    expect(sizes.map(({ elements }) => elements)).toEqual([1024, 65_536, 1_048_576]);
    for (const { rows } of sizes) {
      expect(rows.map((row) => row.name)).toEqual(expect.arrayContaining([name, 'typescript', 'hoisted loop']));
      for (const { nsPerElement, gbPerSecond, timesHoisted } of rows) {
        expect(nsPerElement.min).toBeGreaterThan(0);
        expect(nsPerElement.q1).toBeLessThanOrEqual(nsPerElement.median);
        expect(nsPerElement.q3).toBeGreaterThanOrEqual(nsPerElement.median);
        expect(gbPerSecond).toBeCloseTo(12 / nsPerElement.median, 6); // SGD reads two arrays of f32 and writes one
        expect(timesHoisted.median).toBeGreaterThan(0);
      }
    }
    // Every backend but the first, natives with two numbers of threads.
    expect(comparedElements).toBeGreaterThanOrEqual((available.length - 1) * 100_003);
  });

  test('writes a page that needs nothing else', () => {
    const page = readFileSync(file, 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain('<svg');
    expect(page).toContain('SGD');
    expect(page).not.toMatch(/<(?:script|link|img|iframe)[^>]*(?:src|href)=|@import|url\(/i);
  });

  test('an installed package has all that it needs', () => {
    const compiled = join(root, 'dist', 'bench');
    const files = readdirSync(compiled).filter((name) => name.endsWith('.js'));
    const required = files.flatMap((name) => [
      ...readFileSync(join(compiled, name), 'utf8').matchAll(/\brequire\("([^"]+)"\)|\bfrom ['"]([^'"]+)['"]/g),
    ]);
    const names = required.map(([, required, imported]) => required ?? imported);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !/^(?:node:|\.{1,2}\/)/.test(name))).toEqual([]);
  });
});

describe('a disagreement', () => {
  function trainee(name: string, kind: Kind, ...values: readonly number[]): Trainee {
    return { name, kind, arrays: [Float32Array.from(values)], step: () => undefined };
  }
  const first = trainee('avx2', 'native', 1, 0);

  test('of a single bit is found between backends', () => {
    expect(checkAlike([first, trainee('scalar', 'native', 1, 0)], 'Adam f32')).toBe(2);
    expect(() => checkAlike([first, trainee('scalar', 'native', 1, -0)], 'Adam f32')).toThrow(
      new Disagreement('Adam f32: scalar and avx2 differ in array 0, element 1 of 2: 0 and 0'),
    );
  });

  test('with a loop is found beyond its roundings', () => {
    expect(checkAlike([first, trainee('hoisted loop', 'loop', 1 + 1e-6, 0)], 'Adam f32')).toBe(0);
    expect(() => checkAlike([first, trainee('hoisted loop', 'loop', 1.001, 0)], 'Adam f32')).toThrow(Disagreement);
  });

  test('ends with exit code 1, and says so', () => {
    const preload = join(folder, 'disagree.cjs');
    const check = JSON.stringify(join(root, 'dist', 'bench', 'check.js'));
    writeFileSync(
      preload,
      `const check = require(${check});\ncheck.checkAlike = () => { throw new check.Disagreement('made up'); };\n`,
    );
    const { stderr, status } = bench(['--quick', '--only', 'SGD'], ['--require', preload]);
    expect(stderr).toContain('THE BACKENDS DISAGREE, please report it: made up');
    expect(status).toBe(1);
  });
});
