// npm run bench: every optimizer on every backend against two JavaScript loops, and what a step costs on its own.

import { writeFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { parseArgs } from 'node:util';
import { checkAlike } from '../dist/bench/check.js';
import { measureInTurn, type Settings } from '../dist/bench/measure.js';
import { cases } from '../dist/bench/subjects.js';
import { measureAllocation } from './allocation.js';
import { fromMemoryElements, inCacheElements, measureCatalogue } from './catalogue.js';
import { bytesFor, traineesWithLimits } from './limits.js';
import { describeMachine } from './machine.js';
import { adamBytes, type LimitResult, limitBytes, measureGrowth, measureLimits } from './memory.js';
import { type ModelResult, measureModel, modelBytes } from './models.js';
import { measureOverhead } from './overhead.js';
import { loadPeers, measurePeers, type PeerResult, type Peers, peerBytes } from './peers.js';
import { measureWholeStep, type WholeStep, wholeStepBytes } from './pipeline.js';
import { loadProbe } from './probe.js';
import { markdown } from './report.js';
import { json, type Results, type Throughput, throughputOf } from './results.js';
import { elementsOf, gpt2, type Model, mnist, models, oneTensor, resNet } from './shapes.js';
import { isOutOfCache } from './targets.js';
import { sizeName } from './text.js';
import { measureTorch, type Torch, TorchProcess, type TorchResult, torchArguments, torchBytes } from './torch.js';
import { measureUntransferred } from './untransferred.js';
import { againFile, resultsFile, writeReport } from './write.js';

const usage = `npm run bench -- [options]

  --quick      small sizes and few rounds: does it work at all
  --only LIST  some of it, with commas between: an optimizer such as Adam, or throughput (all of them),
               limits, growth, models, peers, torch, overhead, pipeline, catalogue; may be repeated
  --write      write RESULTS.md, results.json, the README's numbers and the charts after such a partial run too

  --again      a second run, to be shown beside the first: write again.json in place of results.json

Peers are run if \`npm run bench:peers\` has installed them, PyTorch if LOCKSTEP_BENCH_PYTHON names a Python that has it.
`;

const kilo = 2 ** 10;
const mega = 2 ** 20;
const sizes = [kilo, 4 * kilo, 64 * kilo, mega, 16 * mega];
/** Of Adam alone, whose tables say the most: a minute for each more. */
const largest = 64 * mega;
const quickSizes = [kilo, 64 * kilo];
const cpuThreads = availableParallelism();

function settingsFor(elements: number, quick: boolean): Settings {
  if (quick) return { rounds: 5, batchMs: 0.3, warmMs: 20, settle: 3 };
  if (elements >= 64 * mega) return { rounds: 5, batchMs: 1, warmMs: 1, settle: 1 };
  if (elements >= 16 * mega) return { rounds: 9, batchMs: 1, warmMs: 50, settle: 1 };
  if (elements >= mega) return { rounds: 21, batchMs: 3, warmMs: 50, settle: 3 };
  return { rounds: 31, batchMs: 2, warmMs: 50, settle: 3 };
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
    again: { type: 'boolean', default: false },
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
const sections = [
  'throughput',
  'limits',
  'growth',
  'models',
  'peers',
  'torch',
  'overhead',
  'pipeline',
  'catalogue',
] as const;
const only = options.only.flatMap((list) => list.split(','));
for (const name of only) {
  const known = [...optimizers, ...sections];
  if (!known.includes(name)) fail(`--only must be of ${known.join(', ')}, received '${name}'`);
}
const has = (section: (typeof sections)[number]) => only.length === 0 || only.includes(section);
const wanted = cases.filter(({ optimizer }) => has('throughput') || only.includes(optimizer));

const machine = describeMachine(args); // first, while the load is not our own
const { probe, reason } = loadProbe();
if (probe === null) say(`no probe, so no limits and no empty call: ${reason}`);

// First, as in a program that has one optimizer: every further class makes the code that all share slower to enter.
const overheadSettings = settingsFor(64, options.quick);
const withOverhead = has('overhead') || only.includes('Adam');
if (withOverhead) say('the cost of a step');
const overhead = withOverhead ? measureOverhead(probe, overheadSettings) : [];
const allocation = withOverhead ? await measureAllocation(options.quick ? 100_000 : 1_000_000) : undefined;

const throughput: Throughput[] = [];
let comparedElements = 0;
for (const which of wanted) {
  const withLargest = which.optimizer === 'Adam' && which.dtype === 'f32';
  for (const elements of options.quick ? quickSizes : [...sizes, ...(withLargest ? [largest] : [])]) {
    const label = `${which.optimizer} ${which.dtype}, ${sizeName(elements)}`;
    globalThis.gc?.(); // lets go of the last size's arrays, and not while something is timed
    if (!isFree(bytesFor(which, elements), label)) continue;
    const subjects = traineesWithLimits(which, elements, probe);
    comparedElements += checkAlike(subjects, label);
    const settings = settingsFor(elements, options.quick);
    throughput.push(throughputOf(which, elements, subjects, measureInTurn(subjects, settings), settings));
  }
}

const withUntransferred = wanted.some(({ optimizer, dtype }) => optimizer === 'Adam' && dtype === 'f32');
if (withUntransferred) say('where no buffer was transferred');
const untransferred = withUntransferred
  ? measureUntransferred(
      (options.quick ? quickSizes : sizes).map((elements) => [elements, settingsFor(elements, options.quick)]),
    )
  : undefined;

const wholeStep: WholeStep[] = [];
if (has('pipeline')) {
  for (const elements of options.quick ? [64 * kilo] : [mega, 16 * mega]) {
    globalThis.gc?.();
    if (!isFree(wholeStepBytes(elements), `the whole step, ${sizeName(elements)}`)) continue;
    wholeStep.push(measureWholeStep(probe, elements, settingsFor(elements, options.quick)));
  }
}

const withCatalogue = has('catalogue');
if (withCatalogue) say('every rule');
const catalogue = withCatalogue
  ? measureCatalogue(probe, settingsFor(inCacheElements, options.quick), settingsFor(fromMemoryElements, options.quick))
  : [];

const threadCounts = cpuThreads > 1 ? [1, 2] : [1];
const limits: LimitResult[] = [];
for (const elements of has('limits')
  ? options.quick
    ? [32 * kilo, 64 * kilo, mega]
    : [32 * kilo, 64 * kilo, mega, 16 * mega, 64 * mega]
  : []) {
  globalThis.gc?.();
  if (!isFree(limitBytes(elements, threadCounts), `limits, ${sizeName(elements)}`)) continue;
  const counts = elements < mega ? [1] : threadCounts;
  limits.push(measureLimits(probe, elements, counts, settingsFor(elements, options.quick)));
}

const growthSizes = options.quick
  ? [kilo, 64 * kilo, mega]
  : [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map((k) => k * kilo);
if (!(options.quick || isOutOfCache(16 * mega, machine))) growthSizes.push(128 * mega); // to compare two that no cache holds
globalThis.gc?.();
const growthBytes = growthSizes.reduce((sum, elements) => sum + elements * adamBytes, 0);
const growth =
  has('growth') && isFree(growthBytes, 'growth')
    ? measureGrowth(
        growthSizes,
        options.quick ? settingsFor(kilo, true) : { rounds: 11, batchMs: 3, warmMs: 50, settle: 3 },
      )
    : [];

const modelResults: ModelResult[] = [];
const modelThreads = cpuThreads > 1 ? [1, cpuThreads] : [1];
for (const model of has('models') ? (options.quick ? [mnist] : models) : []) {
  globalThis.gc?.();
  if (!isFree(modelBytes(model, modelThreads), `model ${model.name}`)) continue;
  modelResults.push(measureModel(model, modelThreads, slowSettings(elementsOf(model))));
}

let peers: Peers | undefined;
if (has('peers')) {
  const { peers: found, missing } = await loadPeers(say);
  const measured: PeerResult[] = [];
  for (const which of found.length > 0 ? (['Adam', 'Momentum'] as const) : []) {
    for (const elements of options.quick ? quickSizes : [kilo, 64 * kilo, mega, 16 * mega]) {
      globalThis.gc?.();
      if (!isFree(peerBytes(elements), `peers, ${which}, ${sizeName(elements)}`)) continue;
      measured.push(await measurePeers(found, which, elements, slowSettings(elements), say));
    }
  }
  peers = { versions: found.map(({ name, version }) => `${name} ${version}`), missing, results: measured };
}

const torch = has('torch') ? await runTorch() : undefined;

/** Peers and big models take up to hundreds of times as long as lockstep. */
function slowSettings(elements: number): Settings {
  if (options.quick) return settingsFor(elements, true);
  if (elements >= 64 * mega) return { rounds: 5, batchMs: 1, warmMs: 1, settle: 0 };
  if (elements >= 16 * mega) return { rounds: 7, batchMs: 1, warmMs: 1, settle: 0 };
  if (elements >= mega) return { rounds: 11, batchMs: 3, warmMs: 50, settle: 3 };
  return { rounds: 21, batchMs: 2, warmMs: 50, settle: 3 };
}

async function runTorch(): Promise<Torch | undefined> {
  const python = process.env.LOCKSTEP_BENCH_PYTHON;
  if (!python) {
    say('PyTorch: not run, LOCKSTEP_BENCH_PYTHON names no Python');
    return undefined;
  }
  const measured: TorchResult[] = [];
  let versions: readonly string[] = [];
  const single = options.quick
    ? [oneTensor(64 * kilo, '64 K')]
    : [64 * kilo, mega, 16 * mega, 64 * mega].map((elements) => oneTensor(elements, sizeName(elements)));
  const of = (optimizer: string): readonly Model[] => {
    if (options.quick) return [...single, mnist];
    if (optimizer === 'AdamW') return [...single, mnist, resNet, gpt2];
    return [...single.slice(0, -1), mnist, resNet]; // the largest take half a minute each
  };
  for (const threads of modelThreads) {
    let child: TorchProcess;
    try {
      child = await TorchProcess.start(python, torchArguments, threads);
    } catch (error) {
      say(`PyTorch: not run: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
    const { torch, deepspeed } = child.versions;
    versions = [`PyTorch ${torch}`, ...(deepspeed === null ? [] : [`DeepSpeed ${deepspeed}`])];
    for (const optimizer of ['AdamW', 'Adam', 'SGD', 'Adagrad'] as const) {
      for (const model of of(optimizer)) {
        globalThis.gc?.();
        if (!isFree(torchBytes(model), `PyTorch, ${optimizer}, ${model.name}, ${threads} threads`)) continue;
        measured.push(await measureTorch(child, optimizer, model, threads, slowSettings(elementsOf(model)), say));
      }
    }
    child.close();
  }
  return { versions, results: measured };
}

const results: Results = {
  machine,
  comparedElements,
  throughput,
  ...(untransferred && { untransferred }),
  overhead,
  overheadRounds: overheadSettings.rounds,
  catalogue,
  wholeStep,
  limits,
  growth,
  models: modelResults,
  ...(peers && { peers }),
  ...(torch && { torch }),
  ...(allocation && { allocation }),
  ...(probe?.isa !== undefined && { limitIsa: probe.isa }),
};
process.stdout.write(`\n${markdown(results)}`);
if (options.write || !(options.quick || only.length > 0)) {
  writeFileSync(options.again ? againFile : resultsFile, json(results));
  writeReport();
}
