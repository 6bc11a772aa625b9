// The tables of RESULTS.md that compare with limits, models and other packages.

import type { GrowthRow, LimitResult } from './memory.js';
import type { ModelResult } from './models.js';
import type { Peers } from './peers.js';
import { cell, digits, sizeName, table } from './text.js';
import type { Torch, TorchResult } from './torch.js';

function roundsOf(results: readonly { readonly rounds: number }[]): string {
  return `Medians of ${[...new Set(results.map(({ rounds }) => rounds))].join(', ')} rounds, quartiles in brackets.`;
}

export function limitTable(limits: readonly LimitResult[]): string {
  const names: Readonly<Record<string, string>> = {
    lockstep: 'lockstep',
    stream: 'limit: memory',
    divRoot: 'limit: ÷ and √',
  };
  const lines = limits.flatMap(({ elements, rows }) =>
    rows.map(({ name, threads, nsPerElement, shareOfStream, shareOfDivRoot, timesOneThread }) => [
      `${sizeName(elements)}: ${names[name]}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      cell(nsPerElement),
      shareOfStream === undefined ? '–' : cell(shareOfStream),
      shareOfDivRoot === undefined ? '–' : cell(shareOfDivRoot),
      name === 'lockstep' ? cell(timesOneThread) : '–',
    ]),
  );
  const head = ['Adam, f32', 'ns per element', 'share of memory limit', 'share of ÷ and √', 'times one thread'];
  return [
    '## Limits and threads',
    '',
    `${roundsOf(limits)} Of two loops that stream, one that asks for lines in advance and one that does not, the limit is the one that is faster here. On several threads it starts them anew in each call.`,
    '',
    table(head, lines),
  ].join('\n');
}

export function growthTable(growth: readonly GrowthRow[]): string {
  const lines = growth.map(({ elements, nsPerElement }) => [sizeName(elements), cell(nsPerElement)]);
  return [
    '## Growth',
    '',
    `One tensor, one thread, all sizes in turn. ${roundsOf(growth)}`,
    '',
    table(['Adam, f32', 'ns per element'], lines),
  ].join('\n');
}

export function modelTable(models: readonly ModelResult[]): string {
  const lines = models.flatMap(({ model, tensors, elements, rows }) =>
    rows.map(({ name, nsPerStep, timesHoisted }) => [
      `${model} (${tensors} tensors, ${elements.toLocaleString('en-US')} elements): ${name}`,
      [nsPerStep.median, nsPerStep.q1, nsPerStep.q3]
        .map((ns) => digits(ns / 1e6))
        .join(' | ')
        .replace(/ \| (.*) \| (.*)/, ' ($1–$2)'),
      cell(timesHoisted),
    ]),
  );
  return [
    '## Models',
    '',
    `All tensors of a model in one step. ${roundsOf(models)}`,
    '',
    table(['Adam, f32', 'ms per step', "times the hoisted loop's speed"], lines),
  ].join('\n');
}

export function peerTables({ versions, missing, results }: Peers): string {
  const tables = (['Adam', 'Momentum'] as const).flatMap((optimizer) => {
    const sizes = results.filter((result) => result.optimizer === optimizer);
    const names = [...new Set(sizes.flatMap(({ rows }) => rows.map(({ name }) => name)))];
    if (names.length === 0) return [];
    const lines = names.map((name) => {
      const found = sizes.map(({ rows }) => rows.find((row) => row.name === name));
      const isAsync = found.some((row) => row?.isAsync);
      return [
        isAsync ? `${name} (awaited)` : name,
        ...found.flatMap((row) => (row ? [cell(row.nsPerElement), cell(row.timesLockstep)] : ['–', '–'])),
      ];
    });
    const head = [
      `${optimizer}, f32`,
      ...sizes.flatMap(({ elements }) => [`${sizeName(elements)}: ns per element`, 'times lockstep']),
    ];
    return [table(head, lines)];
  });
  return [
    '## Peers',
    '',
    `${versions.join(', ')}. ${missing.length > 0 ? `Not installed, so not run: ${missing.join(', ')}. ` : ''}All on one thread, in one process and in turn, each with the same values; each had the params of lockstep after three steps, to a thousandth of the largest change. What answers with a promise is timed by a loop of its own that awaits each step, which costs some 0.1 µs. ${roundsOf(results)}`,
    '',
    tables.join('\n\n'),
  ].join('\n');
}

export function torchTables({ versions, results }: Torch): string {
  const names = ['lockstep', 'fused', 'foreach', 'deepspeed'] as const;
  const used = names.filter((name) => results.some(({ rows }) => rows.some((row) => row.name === name)));
  const line = ({ optimizer, model, tensors, threads, rows }: TorchResult) => [
    `${optimizer}, ${model}${tensors > 1 ? ` (${tensors} tensors)` : ''}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    ...used.flatMap((name) => {
      const row = rows.find((candidate) => candidate.name === name);
      if (row === undefined) return name === 'lockstep' ? ['–'] : ['–', '–'];
      return name === 'lockstep' ? [cell(row.nsPerElement)] : [cell(row.nsPerElement), cell(row.timesLockstep)];
    }),
  ];
  const head = [
    'f32, ns per element',
    ...used.flatMap((name) => (name === 'lockstep' ? [name] : [name, 'times lockstep'])),
  ];
  return [
    '## PyTorch',
    '',
    `${versions.join(', ')}, in a process of its own that takes turns with lockstep's, on as many threads; of those lockstep uses as many as the work is worth, as by default. A step is timed as its users call it, in Python: what Python takes is part of the time, and most of it at the small sizes. Both have the same values, and had the same params after three steps, to a thousandth of the largest change. ${roundsOf(results)}`,
    '',
    table(head, results.map(line)),
  ].join('\n');
}
