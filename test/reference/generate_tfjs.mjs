// The optimizers of TensorFlow.js, at the command of generate_tfjs.py: a line of JSON in, a line of JSON out.
// @tensorflow/tfjs is the one that is installed in the working directory.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const tf = createRequire(join(process.cwd(), 'anywhere.js'))('@tensorflow/tfjs');
await tf.setBackend('cpu');

const makers = {
  SGD: ({ lr, momentum, nesterov }) => (momentum > 0 ? tf.train.momentum(lr, momentum, nesterov) : tf.train.sgd(lr)),
  Adagrad: ({ lr, initialAccumulator }) => tf.train.adagrad(lr, initialAccumulator),
  Adam: ({ lr, betas, eps }) => tf.train.adam(lr, ...betas, eps),
  RMSprop: ({ lr, alpha, momentum, eps }) => tf.train.rmsprop(lr, alpha, momentum, eps),
  Adamax: ({ lr, betas, eps }) => tf.train.adamax(lr, ...betas, eps),
};

/** lockstep's state and the property that lists the variables, once the optimizer has stepped. */
const states = [
  ['momentumBuffer', 'accumulations'],
  ['sum', 'accumulatedGrads'],
  ['expAvg', 'accumulatedFirstMoment'],
  ['expAvgSq', 'accumulatedSecondMoment'],
  ['expInf', 'accumulatedWeightedInfNorm'],
  ['squareAvg', 'accumulatedMeanSquares'],
  ['momentumBuffer', 'accumulatedMoments'],
];

const encode = (tensor) => Buffer.from(Float32Array.from(tensor.dataSync()).buffer).toString('base64');
const decode = (text) => tf.tensor1d(new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer));

const subjects = [];

const commands = {
  make({ optimizer, options, params }) {
    const variables = params.map((param) => decode(param).variable());
    subjects.push({ optimizer: makers[optimizer](options), variables });
    return subjects.length - 1;
  },
  step({ id, grads }) {
    const { optimizer, variables } = subjects[id];
    const tensors = grads.map((grad) => (grad === null ? null : decode(grad)));
    optimizer.applyGradients(variables.map(({ name }, i) => ({ name, tensor: tensors[i] })));
    tf.dispose(tensors.filter((tensor) => tensor !== null));
  },
  setLr({ id, lr }) {
    const { optimizer } = subjects[id];
    if (optimizer.setLearningRate) optimizer.setLearningRate(lr);
    else optimizer.learningRate = lr; // the others read the property in each step, and have no method
  },
  setParams({ id, params }) {
    const { variables } = subjects[id];
    params.forEach((param, i) => {
      tf.tidy(() => variables[i].assign(decode(param)));
    });
  },
  params({ id }) {
    return subjects[id].variables.map(encode);
  },
  state({ id }) {
    const { optimizer, variables } = subjects[id];
    const lists = states.filter(([, property]) => optimizer[property] !== undefined);
    return Object.fromEntries(
      lists.map(([ours, property]) => {
        const slots = variables.map((_, i) => optimizer[property][i]);
        return [ours, slots.map((slot) => (slot === undefined ? null : encode(slot.variable)))];
      }),
    );
  },
};

const answer = (value = null) => process.stdout.write(`${JSON.stringify(value)}\n`);

answer({ tfjs: tf.version.tfjs, node: process.versions.node });
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  answer(commands[command](rest));
}
