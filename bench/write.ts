// Everything that is written from the results of a run.

import { readFileSync, writeFileSync } from 'node:fs';
import { adamChart, loopChart } from './charts.js';
import { withNumbers } from './readme.js';
import { markdown } from './report.js';
import type { Results } from './results.js';

const at = (path: string) => new URL(`../${path}`, import.meta.url);

export const resultsFile = at('bench/results.json');

/** From results.json: RESULTS.md, the README's numbers, and its charts; a chart of what was not measured stays as it is. */
export function writeReport(): void {
  const results = JSON.parse(readFileSync(resultsFile, 'utf8')) as Results;
  writeFileSync(at('bench/RESULTS.md'), markdown(results));
  writeFileSync(at('README.md'), withNumbers(readFileSync(at('README.md'), 'utf8'), results));
  for (const [path, chart] of [
    ['docs/bench-adam.svg', adamChart(results)],
    ['docs/bench-loop.svg', loopChart(results)],
  ] as const) {
    if (chart !== undefined) writeFileSync(at(path), chart);
  }
}
