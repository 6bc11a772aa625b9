// The results as data, and as the Markdown that both the terminal and RESULTS.md show.

import type { Machine } from './machine.js';
import { misses } from './misses.js';
import type { Results, Throughput } from './results.js';
import { growthTable, limitTable, modelTable, peerTables, torchTables } from './sections.js';
import { unmeasured, type Verdict, verdicts } from './targets.js';
import { cell, digits, sizeName, table } from './text.js';
import type { Untransferred } from './untransferred.js';

/** One table for each optimizer and type: sizes as columns, subjects and then ratios as rows. */
function throughputTables(throughput: readonly Throughput[]): string {
  const groups = new Map<string, Throughput[]>();
  for (const size of throughput) {
    const title = `${size.optimizer}, ${size.dtype}`;
    groups.set(title, [...(groups.get(title) ?? []), size]);
  }
  return [...groups]
    .map(([title, sizes]) => {
      const { rows, ratios } = sizes[0];
      const lines = [
        ...rows.map(({ name }, i) => [name, ...sizes.map((size) => cell(size.rows[i].nsPerElement))]),
        ...ratios.map(({ name }, i) => [name, ...sizes.map((size) => cell(size.ratios[i].value))]),
      ];
      const head = ['ns per element', ...sizes.map(({ elements }) => sizeName(elements))];
      return `## ${title}\n\n${table(head, lines)}`;
    })
    .join('\n\n');
}

function overheadTable({ overhead, overheadRounds }: Results): string {
  const hasCalls = overhead.some(({ calls }) => calls !== undefined);
  const head = ['Adam, f32, tensors of 64 elements', 'ns', ...(hasCalls ? ['empty calls'] : [])];
  const lines = overhead.map(({ name, ns, calls }) => [name, cell(ns), ...(calls ? [cell(calls)] : [])]);
  return [
    '## The cost of a step',
    '',
    `Medians of ${overheadRounds} rounds, quartiles in brackets. The update of the elements is part of every time but those "besides".`,
    '',
    table(head, lines),
  ].join('\n');
}

function catalogueTable({ catalogue, limitIsa }: Results): string {
  const head = ['f32', 'arrays', '4 K: ns per element', "times Adam's", '4 M: ns per element', 'share of streaming'];
  const lines = catalogue.map(({ name, arrays, inCacheNs, timesAdam, fromMemoryNs, shareOfStream }) => [
    name,
    String(arrays),
    cell(inCacheNs),
    cell(timesAdam),
    cell(fromMemoryNs),
    shareOfStream === undefined ? '–' : cell(shareOfStream),
  ]);
  return [
    '## Every rule',
    '',
    `On the best backend: in cache in turn with Adam, and from memory in turn with a C++ loop${limitIsa === undefined ? '' : ` (${limitIsa})`} that streams the same arrays without arithmetic. Where an optimizer is cautious or adapts to norms, it reads its arrays once more before the step.`,
    '',
    table(head, lines),
  ].join('\n');
}

function wholeStepTable({ wholeStep, limitIsa }: Results): string {
  const head = [
    'f32',
    'bytes per element',
    ...wholeStep.flatMap(({ elements }) => [`${sizeName(elements)}: ns per element`, 'times fused']),
  ];
  const lines = wholeStep[0].rows.map(({ name, bytes }, i) => [
    name,
    String(bytes),
    ...wholeStep.flatMap(({ rows }) => [cell(rows[i].nsPerElement), cell(rows[i].timesFused)]),
  ]);
  return [
    '## The whole step',
    '',
    `Finite check, clipping by the global norm, AdamW, the average of the weights, gradients set to zero. "Fused" is one \`step()\` on the best backend. "Separate walks" is the same with lockstep's kernels one after the other: norm, gradients scaled in place, AdamW, average, \`fill(0)\`. "Hoisted loops" is plain JavaScript, one loop for the norm and one for all else. The limit${limitIsa === undefined ? '' : ` (${limitIsa})`} is a C++ loop that reads the gradients, then reads and writes params, two arrays of state, averages and gradients, without arithmetic: its "times fused" is the share of the limit that the fused step reaches. Bytes are those of the elements that the walks read and write. Each sample is one step, whose gradients are brought back before it, untimed.`,
    '',
    table(head, lines),
  ].join('\n');
}

function machineList(machine: Machine): string {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['CPU', `${machine.cpu}, ${machine.cores} cores`],
    ['caches', machine.caches],
    ['memory', `${machine.memoryGiB} GiB`],
    ['system', machine.os],
    ['Node.js', `${machine.node}, V8 ${machine.v8}`],
    ['compiler', machine.compiler],
    ['backends', machine.backends.join(', ')],
    ['load', `${machine.loadBefore.toFixed(1)} on average in the minute before`],
    ['date', machine.date],
    ['commit', machine.commit],
    ['command', `\`${machine.command}\``],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`- ${name}: ${value}`])).join('\n');
}

function explanation({ throughput, limitIsa, comparedElements, machine }: Results): string {
  const rounds = [...new Set(throughput.map((size) => size.rounds))];
  const paragraphs = [
    `All subjects ran in turn (A B C A B C …) in one process and on one thread. Each number is the median of ${rounds.join(', ')} rounds, fewer for the bigger sizes, with the quartiles in brackets; ratios are medians of each round's ratio. Arrays are those that \`new Float32Array(n)\` gives, and lockstep's own state what it makes of them: huge pages, where the system has them for who asks, and places apart. Gradients are realistic, without NaN, infinities or subnormals.`,
    comparedElements > 0
      ? `Just before they were timed, the backends ${machine.backends.join(', ')} had written the same bits into ${comparedElements.toLocaleString('en-US')} elements of params and state after three steps.`
      : '',
    'The naive loop is the formula as it stands; the hoisted loop is what one writes who knows V8. Both are in `lib/bench/loops.ts`. Neither rounds to f32 between operations, as `typescript` does: V8 has no f32 arithmetic, so each f32 operation is one in f64 and two conversions. A buffer was transferred before anything was timed, as `fetch`, streams and workers do in most programs: from then on V8 asks for each element whether its array is still attached, in the loops and in `typescript` alike. What they take in a program that never does that stands in a table of its own.',
    limitIsa === undefined
      ? ''
      : `The limits (${limitIsa}) are plain C++ loops over Adam's own arrays: "memory" reads the same four arrays and writes the same three, without arithmetic; "÷ and √" does the same with one division and one square root an element. A share of 1 reaches the limit; a little more is possible, since the limits are plain loops too.`,
  ];
  return paragraphs.filter(Boolean).join('\n\n');
}

function untransferredTable(rows: readonly Untransferred[]): string {
  const lines = rows.map(({ elements, lockstepNs, hoistedNs, timesHoisted }) => [
    sizeName(elements),
    cell(lockstepNs),
    cell(hoistedNs),
    cell(timesHoisted),
  ]);
  return [
    '## Where no buffer was ever transferred',
    '',
    `Adam, f32, on one thread of the best backend, in a process of its own that transfers no buffer, neither before nor meanwhile: the loop is faster there. Medians of ${[...new Set(rows.map(({ rounds }) => rounds))].join(', ')} rounds, quartiles in brackets.`,
    '',
    table(
      ['Adam, f32', 'lockstep: ns per element', 'hoisted loop: ns per element', "times the hoisted loop's speed"],
      lines,
    ),
  ].join('\n');
}

/** What the run has reached of what is wanted, at the head. */
function targetTable(results: Results, again: Results | undefined): string {
  const reached = verdicts(results);
  const otherRun = new Map(again === undefined ? [] : verdicts(again).map((verdict) => [verdict.key, verdict]));
  const shown = ({ measured }: Verdict) => (measured.q1 === measured.q3 ? digits(measured.median) : cell(measured));
  const met = (verdict: Verdict) => (verdict.isMet ? 'met' : '**missed**');
  const lines = reached.map((verdict) => {
    const { what, bound, value, unit } = verdict.target;
    const other = otherRun.get(verdict.key);
    return [
      what,
      `${bound === 'at least' ? '≥' : '≤'} ${value}${unit}`,
      shown(verdict),
      met(verdict),
      ...(again === undefined ? [] : other === undefined ? ['–', ''] : [shown(other), met(other)]),
    ];
  });
  const missed = reached.filter(({ isMet }) => !isMet);
  const others = unmeasured(results);
  return [
    '## Targets',
    '',
    table(['what', 'target', 'measured', '', ...(again === undefined ? [] : ['again', ''])], lines),
    ...(again === undefined
      ? []
      : [
          `\n"Again" is another run on the same machine, of commit ${again.machine.commit ?? 'unknown'}. In brackets stand the quartiles within a run; how far the two runs are apart tells what processes, and the minutes in which they run, differ by.`,
        ]),
    ...(missed.length > 0 ? [''] : []),
    ...missed.map(({ key, target }) => `- Missed: ${target.what}. ${misses[key]?.(results) ?? 'Not explained yet.'}`),
    ...(others.length > 0 ? [`\nNot measured in this run: ${others.join('; ')}.`] : []),
  ].join('\n');
}

/** @param again the results of a second run, to show how far they are apart */
export function markdown(results: Results, again?: Results): string {
  const { machine, throughput, untransferred, wholeStep, overhead, allocation, catalogue } = results;
  const { limits, growth, models, peers, torch } = results;
  const sections = [
    '# Benchmark results',
    'Written by `npm run bench`; not edited by hand.',
    machineList(machine),
    ...(verdicts(results).length > 0 ? [targetTable(results, again)] : []),
    ...(throughput.length > 0 ? [explanation(results), throughputTables(throughput)] : []),
    ...(untransferred?.length ? [untransferredTable(untransferred)] : []),
    ...(limits?.length ? [limitTable(limits)] : []),
    ...(growth?.length ? [growthTable(growth)] : []),
    ...(models?.length ? [modelTable(models)] : []),
    ...(peers?.results.length ? [peerTables(peers)] : []),
    ...(torch?.results.length ? [torchTables(torch)] : []),
    ...(wholeStep.length > 0 ? [wholeStepTable(results)] : []),
    ...(overhead.length > 0 ? [overheadTable(results)] : []),
    ...(allocation === undefined
      ? []
      : [
          `Over ${allocation.steps.toLocaleString('en-US')} bound steps the heap grew, in the best of three rounds, by ${digits(allocation.bytesPerStep)} bytes a step, with ${allocation.collections} collections of garbage in between.`,
        ]),
    ...(catalogue.length > 0 ? [catalogueTable(results)] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
