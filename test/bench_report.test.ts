// What `npm run bench` writes, from made-up numbers, and the parts of it that need no clock.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adamChart, loopChart } from '../bench/charts.js';
import { LineProcess } from '../bench/line_process.js';
import { withNumbers } from '../bench/readme.js';
import { markdown } from '../bench/report.js';
import type { Results, Throughput } from '../bench/results.js';
import { elementsOf, gpt2, mnist, models, resNet } from '../bench/shapes.js';
import { lastCache, verdicts } from '../bench/targets.js';
import { filled, requireAlike, sampleOf, TorchProcess } from '../bench/torch.js';

const spread = (median: number) => ({
  median,
  q1: 0.9 * median,
  q3: 1.1 * median,
  min: 0.8 * median,
  max: 1.2 * median,
});

const adamAt = (elements: number, timesHoisted: number): Throughput => ({
  optimizer: 'Adam',
  dtype: 'f32',
  elements,
  rounds: 3,
  rows: [
    { name: 'avx2', kind: 'native', nsPerElement: spread(1) },
    { name: 'hoisted loop', kind: 'loop', nsPerElement: spread(timesHoisted) },
  ],
  ratios: [{ name: "avx2: times the hoisted loop's speed", value: spread(timesHoisted) }],
});

/** Nobody measured this. */
const madeUp: Results = {
  machine: {
    cpu: 'a made-up CPU',
    cores: 2,
    caches: 'L1d 32K, L2 512K, L3 8192K',
    memoryGiB: 1,
    os: 'none',
    node: 'v0',
    v8: '0',
    backends: ['avx2', 'typescript'],
    command: 'made up',
    date: '2000-01-01',
    loadBefore: 0,
  },
  comparedElements: 0,
  throughput: [adamAt(2 ** 10, 5), adamAt(2 ** 20, 13), adamAt(2 ** 24, 5)],
  overhead: [],
  overheadRounds: 0,
  catalogue: [],
  wholeStep: [],
  growth: [1, 4, 16, 64].map((mega, i) => ({
    elements: mega * 2 ** 20,
    rounds: 3,
    nsPerElement: spread([9, 1, 1.1, 1.2][i]),
  })),
  peers: {
    versions: ['tfjs-cpu 0.0.0'],
    missing: ['jax-js'],
    results: [
      {
        optimizer: 'Adam',
        elements: 2 ** 20,
        rounds: 3,
        rows: [{ name: 'tfjs-cpu', isAsync: false, nsPerElement: spread(400), timesLockstep: spread(400) }],
      },
    ],
  },
};

test('targets are met or missed by their medians, and only those that were measured are there', () => {
  const reached = verdicts(madeUp).map(({ key, isMet }) => [key, isMet]);
  expect(reached).toEqual([
    ['hoisted 1 M', true],
    ['hoisted 16 M', false],
    ['tfjs-cpu', true],
    ['growth', true], // 1 M is in the cache
  ]);
});

test('a size of a cache is read from the text of the system', () => {
  expect(lastCache(madeUp.machine)).toBe(8192 * 1024);
  expect(lastCache({ ...madeUp.machine, caches: '' })).toBeUndefined();
});

test('the report holds what was measured, and says what was not', () => {
  const text = markdown(madeUp);
  expect(text).toContain('a made-up CPU');
  expect(text).toMatch(
    /against the hoisted JavaScript loop, 16 M, one thread +\| +≥ 6 × \| 5\.00 \(4\.50–5\.50\) \| \*\*missed\*\*/,
  );
  expect(text).toContain('Not explained yet.');
  expect(text).toContain('Not installed, so not run: jax-js.');
  expect(text).toMatch(/Not measured in this run: .*PyTorch/);
  expect(text).not.toContain('## PyTorch');
  expect(text).not.toContain('## The whole step');
});

test('a miss is explained by the memory only where a step is as fast as the loop that streams', () => {
  const with16M = (share: number, streamNs = 0.9): Results => {
    const row = (name: string, ns: number) => ({
      name,
      threads: 1,
      nsPerElement: spread(ns),
      timesOneThread: spread(1),
    });
    const rows = [{ ...row('lockstep', 1), shareOfStream: spread(share) }, row('stream', streamNs)];
    return { ...madeUp, limits: [{ elements: 2 ** 24, rounds: 3, rows }] };
  };
  expect(markdown(with16M(0.96))).toMatch(/16 M, one thread\. The memory: .* takes 0\.900 ns .* reaches 0\.960 of it/);
  expect(markdown(with16M(0.96, 0.8))).toContain('16 M, one thread. Not explained yet.'); // 6.25 times as fast as the loop
  expect(markdown(with16M(0.5))).toContain('16 M, one thread. Not explained yet.');
});

test('a second run stands beside the first', () => {
  const again: Results = { ...madeUp, throughput: [adamAt(2 ** 20, 11), adamAt(2 ** 24, 7)] };
  const text = markdown(madeUp, again);
  expect(text).toMatch(/1 M, one thread .*13\.0 \(.*\) \| +met \| +11\.0 \(.*\) \| \*\*missed\*\*/);
  expect(text).toMatch(/16 M, one thread .*5\.00 \(.*\) \| \*\*missed\*\* \| +7\.00 \(.*\) \| +met/);
  expect(markdown(madeUp)).not.toMatch(/\| +again +\|/);
});

test('the numbers of the README stand between its marks, and nothing else changes', () => {
  const readme =
    'before\n<!-- written by npm run bench:report -->\nold\n<!-- end of what npm run bench:report writes -->\nafter\n';
  const text = withNumbers(readme, madeUp);
  expect(text).toMatch(/^before\n/);
  expect(text).toMatch(/\nafter\n$/);
  expect(text).not.toContain('old');
  expect(text).toContain('13.0 ×');
  expect(withNumbers(text, madeUp)).toBe(text);
  expect(() => withNumbers('no marks', madeUp)).toThrow('README.md must have');
});

test("the README's numbers and charts are those of results.json", () => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const results = JSON.parse(read('bench/results.json')) as Results;
  expect(withNumbers(read('README.md'), results)).toBe(read('README.md'));
  expect(adamChart(results)).toBe(read('docs/bench-adam.svg'));
  expect(loopChart(results)).toBe(read('docs/bench-loop.svg'));
});

test('charts hold every curve, and there is none of nothing', () => {
  expect(adamChart(madeUp)).toContain('hoisted loop');
  expect(loopChart(madeUp)).toContain('13.0 at 1 M');
  expect(adamChart({ ...madeUp, throughput: [] })).toBeUndefined();
  expect(loopChart({ ...madeUp, throughput: [] })).toBeUndefined();
  expect(`${adamChart(madeUp)}${loopChart(madeUp)}`).not.toMatch(/NaN|undefined|Infinity/);
});

test('models have the tensors and elements of the real ones', () => {
  expect(models.map((model) => [model.shapes.length, elementsOf(model)])).toEqual([
    [4, 101_770],
    [161, 25_557_032],
    [148, 124_439_808],
  ]);
  expect(models).toEqual([mnist, resNet, gpt2]);
});

test('a table of values goes on along a model, and a sample walks all of it', () => {
  const arrays = filled(Float32Array.of(0, 1, 2, 3, 4), { name: '', shapes: [[2, 3], [1], [4]] });
  expect(arrays.map((array) => [...array])).toEqual([[0, 1, 2, 3, 4, 0], [1], [2, 3, 4, 0]]);
  expect([...sampleOf(arrays, 4)]).toEqual([0, 4, 3]);
  expect([...sampleOf(arrays, 1)]).toEqual(arrays.flatMap((array) => [...array]));
});

test('params that differ by more than a thousandth of the largest change are refused', () => {
  const [initial, expected] = [Float32Array.of(0, 0), Float32Array.of(1, 0.5)];
  expect(() => requireAlike('x', initial, expected, Float32Array.of(1.0005, 0.5))).not.toThrow();
  expect(() => requireAlike('x', initial, expected, Float32Array.of(1, 0.6))).toThrow('x: element 1');
  expect(() => requireAlike('x', initial, expected, Float32Array.of(1, NaN))).toThrow('x: element 1');
  expect(() => requireAlike('x', initial, expected, Float32Array.of(1))).toThrow('x has 1 elements');
});

const fake = fileURLToPath(new URL('fake_torch.mjs', import.meta.url));

test('the process with PyTorch is asked line by line', async () => {
  const torch = await TorchProcess.start(process.execPath, [fake], 3);
  expect(torch.versions).toEqual({ torch: 'fake', deepspeed: null, threads: 3 });
  const id = await torch.make('AdamW', 'fused', mnist);
  expect(await torch.time(id, 7)).toBe(7);
  expect([...(await torch.read(id, 1))]).toEqual([1.5, -2]);
  await expect(torch.make('SGD', 'foreach', mnist)).rejects.toThrow('the fake knows only AdamW');
  await torch.drop(id);
  torch.close();
});

test('a process that ends is told with its last words', async () => {
  const child = new LineProcess(process.execPath, ['-e', 'console.error("no torch here")']);
  await expect(child.ask({ do: 'hello' })).rejects.toThrow('no torch here');
  const missing = new LineProcess('/there/is/no/python', []);
  await expect(missing.ask({ do: 'hello' })).rejects.toThrow('ENOENT');
});
