// Adam over all tensors of real models.

import { Adam } from 'lockstep';
import { hoisted, type Loop } from '../dist/bench/loops.js';
import {
  freshCopy,
  measureInTurn,
  ratio,
  type Settings,
  type Spread,
  type Subject,
  spread,
} from '../dist/bench/measure.js';
import { fillRealistic, scalarsOf } from '../dist/bench/subjects.js';
import { worthwhileThreads } from '../lib/threads.js';
import { elementsOf, type Model } from './shapes.js';
import { filled } from './torch.js';

export interface ModelRow {
  readonly name: string;
  readonly nsPerStep: Spread;
  /** The hoisted loop's time over this. */
  readonly timesHoisted: Spread;
}

export interface ModelResult {
  readonly model: string;
  readonly tensors: number;
  readonly elements: number;
  readonly rounds: number;
  readonly rows: readonly ModelRow[];
}

export function modelBytes(model: Model, threads: readonly number[]): number {
  return (1 + 3 * (threads.length + 1)) * elementsOf(model) * Float32Array.BYTES_PER_ELEMENT;
}

/** @param threads how many lockstep may use, in turn; of several it uses those that the model is worth, as by default */
export function measureModel(model: Model, threads: readonly number[], settings: Settings): ModelResult {
  const elements = elementsOf(model);
  const values = fillRealistic(new Float32Array(2 ** 20), 0.05, 2);
  const grads = filled(fillRealistic(new Float32Array(2 ** 20), 0.01, 1), model);
  const subjects = [
    hoistedLoop(filled(values, model), grads),
    ...threads.map((count): Subject => {
      const optimizer = new Adam(filled(values, model), { threads: worthwhileThreads(elements, count) });
      optimizer.bindGrads(grads);
      return {
        name: `lockstep, ${count === 1 ? '1 thread' : `up to ${count} threads`}`,
        step: () => void optimizer.step(),
      };
    }),
  ];
  const timed = measureInTurn(subjects, settings);
  const rows = subjects.map(({ name }, i) => ({
    name,
    nsPerStep: spread(timed[i]),
    timesHoisted: ratio(timed[0], timed[i]),
  }));
  return { model: model.name, tensors: model.shapes.length, elements, rounds: settings.rounds, rows };
}

function hoistedLoop(params: readonly Float32Array[], grads: readonly Float32Array[]): Subject {
  const states = params.map(({ length }) => [new Float32Array(length), new Float32Array(length)]);
  const scalars = scalarsOf('Adam');
  const loop = freshCopy<Loop>(hoisted.Adam);
  let t = 0;
  const step = () => {
    t++;
    for (let i = 0; i < params.length; i++) loop(params[i], grads[i], states[i], scalars, t);
  };
  return { name: 'hoisted loop', step };
}
