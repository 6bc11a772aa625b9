// Turns of subjects that answer later: functions that return promises, and another process. As measureInTurn in measure.ts,
// which stays free of promises, since an `await` costs more than a small step.

import { freshCopy, type Series, type Settings } from '../dist/bench/measure.js';

export interface Turn {
  readonly name: string;
  /** Milliseconds that so many calls take. */
  readonly time: (calls: number) => number | Promise<number>;
}

async function repeatAwaiting(step: () => Promise<void>, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await step();
}

/** As `timer` in measure.ts, with an `await` for each step. */
export function awaitingTimer(step: () => Promise<void>): (calls: number) => Promise<number> {
  const loop = freshCopy(repeatAwaiting);
  return async (calls) => {
    const start = performance.now();
    await loop(step, calls);
    return performance.now() - start;
  };
}

/** Times every subject once a round. The answer has one series for each subject, in order. */
export async function takeTurns(turns: readonly Turn[], settings: Settings): Promise<readonly Series[]> {
  const calls: number[] = [];
  for (const { time } of turns) calls.push(await callsPerSample(time, settings));
  const series: number[][] = turns.map(() => []);
  for (let round = 0; round < settings.rounds; round++) {
    for (const [i, { time }] of turns.entries()) {
      for (let k = 0; k < settings.settle; k++) await time(1);
      series[i].push(((await time(calls[i])) * 1e6) / calls[i]);
    }
  }
  return series;
}

async function callsPerSample(time: Turn['time'], { warmMs, batchMs }: Settings): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const ms = await time(calls);
    if (ms >= warmMs) return Math.max(1, Math.round((batchMs * calls) / ms));
  }
}
