// npm run bench: every optimizer on every backend against two JavaScript loops, and what a step costs on its own.

import { writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { parseArgs } from 'node:util';
import { checkAlike } from '../dist/bench/check.js';
import { measureInTurn, type Settings } from '../dist/bench/measure.js';
import { cases } from '../dist/bench/subjects.js';
import { fromMemoryElements, inCacheElements, measureCatalogue } from './catalogue.js';
import { bytesFor, traineesWithLimits } from './limits.js';
import { describeMachine } from './machine.js';
import { measureOverhead } from './overhead.js';
import { measureWholeStep, type WholeStep, wholeStepBytes } from './pipeline.js';
import { loadProbe } from './probe.js';
import { json, markdown, type Results, sizeName, type Throughput, throughputOf } from './report.js';

const usage = `npm run bench -- [options]

  --quick      small sizes and few rounds: does it work at all
  --only NAME  one optimizer, such as Adam, or catalogue: every rule, or pipeline: the whole
               step; may be repeated
  --write      write bench/RESULTS.md and bench/results.json after such a partial run too
`;

const kilo = 2 ** 10;
const mega = 2 ** 20;
const sizes = [kilo, 4 * kilo, 64 * kilo, mega, 16 * mega];
const quickSizes = [kilo, 64 * kilo];

function settingsFor(elements: number, quick: boolean): Settings {
  if (quick) return { rounds: 5, batchMs: 0.3, warmMs: 20, settle: true };
  if (elements >= 16 * mega) return { rounds: 9, batchMs: 1, warmMs: 50, settle: false }; // fits no cache anyway
  if (elements >= mega) return { rounds: 21, batchMs: 3, warmMs: 50, settle: true };
  return { rounds: 31, batchMs: 2, warmMs: 50, settle: true };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fail(message: string): never {
  say(`${message}\n\n${usage}`);
  process.exit(1);
}

/** Whether there is memory to measure in; says what is measured, or why not. */
function isFree(bytes: number, label: string): boolean {
  const free = bytes <= 0.7 * Math.min(freemem(), process.constrainedMemory() || Infinity);
  say(free ? label : `${label}: not run, ${(bytes / 2 ** 30).toFixed(1)} GiB of memory are not free`);
  return free;
}

function readOptions(args: string[]) {
  const options = {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] as string[] },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

process.env.LOCKSTEP_THREADS = '1'; // the loops and limits that lockstep is compared with have one, too

// A process is in this state for good once any buffer was transferred (see explanation() in report.ts), and tsx may or may not do so.
const transferred = new ArrayBuffer(1);
structuredClone(transferred, { transfer: [transferred] });

const args = process.argv.slice(2);
const options = readOptions(args);
if (options.help) {
  process.stdout.write(usage);
  process.exit();
}
const optimizers: readonly string[] = [...new Set(cases.map(({ optimizer }) => optimizer))];
for (const name of options.only) {
  const known = [...optimizers, 'catalogue', 'pipeline'];
  if (!known.includes(name)) fail(`--only must be one of ${known.join(', ')}, received '${name}'`);
}
const wanted = cases.filter(({ optimizer }) => options.only.length === 0 || options.only.includes(optimizer));

const machine = describeMachine(args); // first, while the load is not our own
const { probe, reason } = loadProbe();
if (probe === null) say(`no probe, so no limits and no empty call: ${reason}`);

// First, as in a program that has one optimizer: every further class makes the code that all share slower to enter.
const overheadSettings = settingsFor(64, options.quick);
const withOverhead = wanted.some(({ optimizer }) => optimizer === 'Adam');
if (withOverhead) say('the cost of a step');
const overhead = withOverhead ? measureOverhead(probe, overheadSettings) : [];

const throughput: Throughput[] = [];
let comparedElements = 0;
for (const which of wanted) {
  for (const elements of options.quick ? quickSizes : sizes) {
    const label = `${which.optimizer} ${which.dtype}, ${sizeName(elements)}`;
    globalThis.gc?.(); // lets go of the last size's arrays, and not while something is timed
    if (!isFree(bytesFor(which, elements, probe), label)) continue;
    const subjects = traineesWithLimits(which, elements, probe);
    comparedElements += checkAlike(subjects, label);
    const settings = settingsFor(elements, options.quick);
    throughput.push(throughputOf(which, elements, subjects, measureInTurn(subjects, settings), settings));
  }
}

const wholeStep: WholeStep[] = [];
if (options.only.length === 0 || options.only.includes('pipeline')) {
  for (const elements of options.quick ? [64 * kilo] : [mega, 16 * mega]) {
    globalThis.gc?.();
    if (!isFree(wholeStepBytes(elements), `the whole step, ${sizeName(elements)}`)) continue;
    wholeStep.push(measureWholeStep(probe, elements, settingsFor(elements, options.quick)));
  }
}

const withCatalogue = options.only.length === 0 || options.only.includes('catalogue');
if (withCatalogue) say('every rule');
const catalogue = withCatalogue
  ? measureCatalogue(probe, settingsFor(inCacheElements, options.quick), settingsFor(fromMemoryElements, options.quick))
  : [];

const results: Results = {
  machine,
  comparedElements,
  throughput,
  overhead,
  overheadRounds: overheadSettings.rounds,
  catalogue,
  wholeStep,
  ...(probe?.isa !== undefined && { limits: probe.isa }),
};
const text = markdown(results);
process.stdout.write(`\n${text}`);
if (options.write || !(options.quick || options.only.length > 0)) {
  writeFileSync(new URL('RESULTS.md', import.meta.url), text);
  writeFileSync(new URL('results.json', import.meta.url), json(results));
}
