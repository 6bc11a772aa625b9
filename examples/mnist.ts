/**
 * Trains a classifier of handwritten digits (MNIST) with each optimizer on the best backend of this machine, then
 * repeats the first steps on the TypeScript backend, to compare times and bits. Run it with: npm run demo
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Adagrad, Adam, backend, Momentum, SGD } from 'lockstep';
import { drawLossChart } from './mnist/chart.js';
import { CLASSES, loadMnist, PIXELS } from './mnist/data.js';
import { HIDDEN, type Params } from './mnist/network.js';
import { progressBar } from './mnist/progress.js';
import { bitsReport, integer, isSame, type Result, resultLine, resultsTable } from './mnist/report.js';
import { movingAverage } from './mnist/statistics.js';
import { accuracy, train } from './mnist/train.js';

const EPOCHS = 2;
const BATCH_SIZE = 32;
const SEED = 1;
/** The steps that both backends take. */
const COMPARED_STEPS = 200;
/** Decay of the moving average of the loss, which then reaches back over about 100 batches. */
const SMOOTHING = 0.99;

type Options = { lr: number; backend?: 'typescript' };

const contenders = [
  { name: 'SGD', lr: 0.1, create: (params: Params, options: Options) => new SGD(params, options) },
  { name: 'Momentum', lr: 0.02, create: (params: Params, options: Options) => new Momentum(params, options) },
  { name: 'AdaGrad', lr: 0.01, create: (params: Params, options: Options) => new Adagrad(params, options) },
  { name: 'Adam', lr: 0.001, create: (params: Params, options: Options) => new Adam(params, options) },
];

const { train: digits, test } = loadMnist();
const { name: backendName, loadError } = backend();
const isNative = backendName !== 'typescript';
const steps = EPOCHS * Math.ceil(digits.count / BATCH_SIZE);
const plan = `${PIXELS}-${HIDDEN}-${CLASSES} network, ${EPOCHS} epochs in batches of ${BATCH_SIZE}`;

console.log(`MNIST, ${integer(digits.count)} training and ${integer(test.count)} test images; ${plan}`);
console.log(`Backend: ${backendName}${isNative ? ' (native)' : `; no native one: ${nativeProblem(loadError)}`}\n`);

const results = contenders.map(({ name, lr, create }): Result => {
  const common = { digits, batchSize: BATCH_SIZE, seed: SEED, hashAfter: COMPARED_STEPS };
  const bar = progressBar(name, steps, BATCH_SIZE);
  const run = train({ ...common, steps, optimizer: (params) => create(params, { lr }), onStep: bar.update });
  bar.stop();
  const result = {
    name,
    lr,
    accuracy: accuracy(run.network, test, BATCH_SIZE),
    losses: movingAverage(run.losses, SMOOTHING),
    seconds: run.seconds,
    native: isNative ? run : undefined,
    typescript: isNative
      ? train({
          ...common,
          steps: COMPARED_STEPS,
          optimizer: (params) => create(params, { lr, backend: 'typescript' }),
        })
      : run,
  };
  if (!process.stdout.isTTY) console.log(resultLine(result));
  return result;
});

console.log(`\n${resultsTable(results)}\n`);
console.log(`${bitsReport(results, backendName, COMPARED_STEPS)}\n`);
console.log(`Loss curves: ${writeChart()}`);
if (isNative && !results.every(isSame)) process.exitCode = 1;

function writeChart(): string {
  const file = new URL('out/mnist.svg', import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(
    file,
    drawLossChart({
      title: 'Four optimizers learn to read handwritten digits',
      subtitle: `MNIST, ${plan}; loss: moving average, decay ${SMOOTHING}`,
      batchSize: BATCH_SIZE,
      epoch: digits.count,
      curves: results,
    }),
  );
  return relative(process.cwd(), fileURLToPath(file));
}

function nativeProblem(error: unknown): string {
  if (error === null || error === undefined) return 'TypeScript was asked for';
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return reason;
}
