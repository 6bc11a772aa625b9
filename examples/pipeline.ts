/**
 * Everything that a training script does to its gradients and weights besides the update, in the one call of step:
 * gradients unscaled, checked and clipped, weights decayed by group, stepped and averaged, gradients zeroed, the learning
 * rate on a schedule. Run it with: npm run demo:pipeline
 */
import { AdamW, type BackendName, backend, schedules } from 'lockstep';
import { CLASSES, type Digits, loadMnist, PIXELS } from './mnist/data.js';
import { HIDDEN, Network, type Params } from './mnist/network.js';
import { seededRandom } from './mnist/random.js';
import { integer, percent } from './mnist/report.js';
import { accuracy, Batches, hashOf } from './mnist/train.js';

const { cosine, warmup } = schedules;

const STEPS = 3000;
const WARMUP_STEPS = 100;
const BATCH_SIZE = 32;
const SEED = 1;
/** The steps that both backends take. */
const COMPARED_STEPS = 250;
/** The step whose gradients get a NaN. */
const PLANTED_AT = 100;
/** What a loss in low precision is multiplied by, so that its gradients do not vanish; step takes it out again. */
const LOSS_SCALE = 1024;

function create({ w1, b1, w2, b2 }: Params, on: BackendName) {
  return new AdamW(
    [
      { params: { w1, w2 }, weightDecay: 0.05 },
      { params: { b1, b2 }, weightDecay: 0 },
    ],
    {
      lr: warmup(cosine({ from: 2e-3, to: 0, steps: STEPS - WARMUP_STEPS }), { steps: WARMUP_STEPS, offset: 1 }),
      gradScale: 1 / LOSS_SCALE,
      nonFinite: 'skip',
      clipNorm: 1,
      ema: { decay: 0.995, warmup: true },
      zeroGrad: true,
      backend: on,
    },
  );
}

function train(digits: Digits, steps: number, on: BackendName, say: (line: string) => void) {
  const random = seededRandom(SEED);
  const network = new Network(BATCH_SIZE, random);
  const optimizer = create(network.params, on);
  const batches = new Batches(digits, BATCH_SIZE, random);
  let clipped = 0;
  for (let i = 1; i <= steps; i++) {
    const count = batches.next();
    const loss = network.backward(batches.images, batches.labels, count);
    for (const grad of Object.values(network.grads)) for (let k = 0; k < grad.length; k++) grad[k] *= LOSS_SCALE;
    if (i === PLANTED_AT) network.grads.w2[7] = Number.NaN;

    const { lr } = optimizer.groups[0];
    const report = optimizer.step(network.grads);

    if (report.clipCoefficient < 1) clipped++;
    if (report.nonFinite !== null) say(`\nCall ${i} was skipped, nothing has changed: ${JSON.stringify(report)}\n`);
    if (i % 500 === 0) {
      say(
        `step ${integer(report.step).padStart(5)}  loss ${loss.toFixed(3)}  lr ${lr.toFixed(6)}  ` +
          `gradient norm ${report.gradNorm?.toFixed(3)}  clipped so far ${integer(clipped)}`,
      );
    }
  }
  return { network, optimizer };
}

const { train: digits, test } = loadMnist();
const { name: best, available } = backend();
console.log(
  `MNIST, ${PIXELS}-${HIDDEN}-${CLASSES} network, ${integer(STEPS)} batches of ${BATCH_SIZE}, on the backend ${best}\n`,
);

const { network, optimizer } = train(digits, STEPS, best, console.log);
console.log(`\nTest accuracy of the weights:       ${percent(accuracy(network, test, BATCH_SIZE))}`);
optimizer.swapAverages();
console.log(`Test accuracy of their averages:    ${percent(accuracy(network, test, BATCH_SIZE))}`);

const compared: readonly BackendName[] = [...new Set<BackendName>([available[0], 'typescript'])];
const hashes = compared.map((on) => {
  const run = train(digits, COMPARED_STEPS, on, () => {});
  return [on, hashOf(run.network.params), hashOf(run.optimizer.averages)] as const;
});
const [first, second = first] = hashes;
const isSame = first[1] === second[1] && first[2] === second[2];
const verdict = hashes.length < 2 ? 'nothing to compare with' : isSame ? 'identical, bit for bit' : 'DIFFERENT';
console.log(`\nSHA-256 after ${COMPARED_STEPS} calls of step, the planted NaN among them: ${verdict}`);
for (const [on, weights, averages] of hashes) console.log(`${on.padEnd(10)}  weights ${weights}  averages ${averages}`);
if (!isSame) process.exitCode = 1;
