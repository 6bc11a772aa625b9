// The numbers in the README, between two marks.

import type { Results } from './results.js';
import { cell, digits, sizeName, table } from './text.js';

const begin = '<!-- written by npm run bench:report -->';
const end = '<!-- end of what npm run bench:report writes -->';

/** @throws Error where a mark is missing */
export function withNumbers(readme: string, results: Results): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md must have a line ${begin} and, after it, a line ${end}`);
  return `${readme.slice(0, from + begin.length)}\n\n${numbers(results)}\n\n${readme.slice(to)}`;
}

function numbers(results: Results): string {
  const { machine, throughput, overhead, wholeStep, peers, torch } = results;
  const native = machine.backends[0];
  const adam = throughput.filter(({ optimizer, dtype }) => optimizer === 'Adam' && dtype === 'f32');
  const parts: string[] = [];

  if (adam.length > 0) {
    const rows: readonly (readonly [name: string, label: string])[] = [
      [native, `\`${native}\``],
      ['typescript', '`typescript`'],
      ['hoisted loop', 'JavaScript loop, constants hoisted'],
      ['naive loop', 'JavaScript loop, as one writes it'],
      ['limit: memory', 'limit: only reads and writes the same arrays, in C++'],
      ['limit: ÷ and √', 'limit: the same with one division and one root'],
    ];
    const lines = rows.flatMap(([name, label]) => {
      const values = adam.map((size) => size.rows.find((row) => row.name === name)?.nsPerElement.median);
      if (values.every((value) => value === undefined)) return [];
      return [[label, ...values.map((value) => (value === undefined ? '–' : digits(value)))]];
    });
    const head = ['Adam, f32: ns per element, one thread', ...adam.map(({ elements }) => sizeName(elements))];
    parts.push(table(head, lines), '![Adam, nanoseconds an element by size](docs/bench-adam.svg)');
  }

  const groups = groupBy(throughput, ({ optimizer, dtype }) => `\`${optimizer}\` ${dtype}`);
  if (groups.size > 0) {
    const sizes = [...new Set(throughput.map(({ elements }) => elements))].sort((a, b) => a - b);
    const lines = [...groups].map(([name, of]) => [
      name,
      ...sizes.map((elements) => {
        const found = of
          .find((size) => size.elements === elements)
          ?.ratios.find((ratio) => ratio.name === `${native}: times the hoisted loop's speed`);
        return found ? `${digits(found.value.median)} ×` : '–';
      }),
    ]);
    parts.push(
      table([`\`${native}\` over the hoisted JavaScript loop`, ...sizes.map(sizeName)], lines),
      '![Each optimizer against the hoisted loop](docs/bench-loop.svg)',
    );
  }

  const atMega = results.untransferred?.find(({ elements }) => elements === 2 ** 20);
  if (atMega !== undefined) {
    parts.push(
      `The loops run as in a program that has transferred a buffer at some time, as \`fetch\`, streams and workers do. Where none ever was, V8 compiles better loops: at 1 M the hoisted one takes ${digits(atMega.hoistedNs.median)} ns, and lockstep is ${digits(atMega.timesHoisted.median)} times as fast.`,
    );
  }

  const peerRows = peers?.results.find(({ optimizer, elements }) => optimizer === 'Adam' && elements === 2 ** 20)?.rows;
  if (peers !== undefined && peerRows !== undefined) {
    const lines = peerRows.map((row) => [row.name, digits(row.nsPerElement.median), cell(row.timesLockstep)]);
    parts.push(table([`Adam, 1 M (${peers.versions.join(', ')})`, 'ns per element', 'times lockstep'], lines));
  }

  const adamW = torch?.results.filter(({ optimizer }) => optimizer === 'AdamW') ?? [];
  if (torch !== undefined && adamW.length > 0) {
    const lines = adamW.map(({ model, threads, rows }) => [
      `${model}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      ...(['fused', 'foreach', 'deepspeed'] as const).map((name) => {
        const row = rows.find((candidate) => candidate.name === name);
        return row ? cell(row.timesLockstep) : '–';
      }),
    ]);
    parts.push(
      table([`AdamW, time over lockstep's (${torch.versions.join(', ')})`, '`fused`', '`foreach`', 'DeepSpeed'], lines),
    );
  }

  const bound = overhead.find(({ name }) => name === `${native}: step(), 1 tensor`);
  const further = overhead.find(({ name }) => name === `${native}: each further tensor, besides its elements`);
  if (bound !== undefined && further !== undefined) {
    const calls = bound.calls === undefined ? '' : `, ${digits(bound.calls.median)} times an empty Node-API call`;
    parts.push(
      `A \`step()\` on one bound tensor of 64 elements takes ${digits(bound.ns.median)} ns${calls}; each further tensor costs ${digits(further.ns.median)} ns besides its elements.`,
    );
  }

  if (wholeStep.length > 0) {
    const at = wholeStep.map(({ elements, rows }) => {
      const times = (name: string) => rows.find((row) => row.name === name);
      const fused = times('fused');
      const others = [
        ['separate walks', 'times as fast as a walk for each'],
        ['hoisted loops', 'times as fast as hoisted JavaScript loops'],
        ['limit: two passes', 'of the limit'],
      ] as const;
      const said = others.flatMap(([name, words]) => {
        const row = times(name);
        return row ? [`${digits(row.timesFused.median)} ${words}`] : [];
      });
      return `at ${sizeName(elements)} ${fused ? digits(fused.nsPerElement.median) : '–'} ns an element, ${said.join(', ')}`;
    });
    parts.push(
      `Finite check, clipping by the global norm, AdamW, an average of the weights and gradients set to zero, fused in one \`step()\`: ${at.join('; ')}.`,
    );
  }

  parts.push(
    `Medians, side by side, on ${machine.cpu} (${machine.cores} cores, ${machine.caches ?? 'caches unknown'}), Node.js ${machine.node}, ${machine.date}: [all numbers, with their spread](bench/RESULTS.md); \`npm run bench\` measures yours.`,
  );
  return parts.join('\n\n');
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
