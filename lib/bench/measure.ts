// Timing, in turn: A B C A B C …, all in one process, so that whatever else the machine does falls on all alike.
//
// The round robin is our own. mitata (1.0) and tinybench run one benchmark to its end before they start the next, which
// turns a minute of other load into a ratio. Giving each turn to mitata's measure() does not repair it: measure()
// compiles its loop anew at every call, so that the function under test is called from cold, megamorphic code, which
// makes an empty Node-API call cost one and a half to two times what it costs in a warm loop. The clock is the one that
// mitata uses.

/** What is timed: one call is one step. */
export interface Subject {
  readonly name: string;
  readonly step: () => void;
  /** Brings back what a step uses up. Not timed; a sample is then a single step. */
  readonly prepare?: () => void;
}

export interface Settings {
  readonly rounds: number;
  /** How long the calls that make one sample should take together. */
  readonly batchMs: number;
  /** How long a subject runs before it is timed, for V8 to compile it. */
  readonly warmMs: number;
  /**
   * How many untimed calls come before each sample, to bring back into the caches what the others displaced. One leaves large
   * arrays colder than those of a subject that shares them with the one before it.
   */
  readonly settle: number;
}

/** Nanoseconds a call, one number a round. */
export type Series = readonly number[];

export interface Spread {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
  readonly min: number;
  readonly max: number;
}

let copies = 0;

/**
 * A copy of a function that V8 has never seen. The copy gets type feedback and machine code of its own, where one
 * function that is called with f32 and f64 arrays, or a loop that calls many subjects, would get code for all of them.
 * The function may use only its arguments and globals.
 */
export function freshCopy<F extends (...args: never[]) => void>(original: F): F {
  const source = String(original).replace(/^(?!(async )?function\b)/, 'function '); // a method's text lacks the word
  return new Function(`return ${source} /* copy ${copies++} */`)() as F;
}

function repeat(step: () => void, calls: number): void {
  for (let i = 0; i < calls; i++) step();
}

/** Milliseconds that so many calls take, timed by a loop that V8 compiles for this subject alone. */
export function timer({ step, prepare }: Subject): (calls: number) => number {
  const loop = freshCopy(repeat);
  return (calls) => {
    prepare?.();
    const start = performance.now();
    loop(step, calls);
    return performance.now() - start;
  };
}

/** Times every subject once a round. The answer has one series for each subject, in order. */
export function measureInTurn(subjects: readonly Subject[], settings: Settings): readonly Series[] {
  const runners = subjects.map((subject) => {
    const time = timer(subject);
    return { time, calls: subject.prepare === undefined ? callsPerSample(time, settings) : warmUp(time, settings) };
  });
  const series: number[][] = subjects.map(() => []);
  for (let round = 0; round < settings.rounds; round++) {
    for (const [i, { time, calls }] of runners.entries()) {
      for (let k = 0; k < settings.settle; k++) time(1);
      series[i].push((time(calls) * 1e6) / calls);
    }
  }
  return series;
}

/** Runs until warm. The last and longest of the runs tells how many calls make a sample. */
function callsPerSample(time: (calls: number) => number, { warmMs, batchMs }: Settings): number {
  for (let calls = 1; ; calls *= 2) {
    const ms = time(calls);
    if (ms >= warmMs) return Math.max(1, Math.round((batchMs * calls) / ms));
  }
}

/** The same for a subject that takes one step a sample. */
function warmUp(time: (calls: number) => number, { warmMs }: Settings): 1 {
  for (let ms = 0; ms < warmMs; ) ms += time(1);
  return 1;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (q: number) => {
    const at = q * (sorted.length - 1);
    const below = sorted[Math.floor(at)];
    return below + (sorted[Math.ceil(at)] - below) * (at % 1);
  };
  return { median: quantile(0.5), q1: quantile(0.25), q3: quantile(0.75), min: quantile(0), max: quantile(1) };
}

/** Of two series round by round: what moves both in a round does not move their ratio. */
export function ratio(numerator: Series, denominator: Series): Spread {
  return spread(numerator.map((value, round) => value / denominator[round]));
}
