// The names under `schedules`: common words, such as `step` and `join`, that say what they are only next to it.

export * from './compositions.js';
export * from './cycles.js';
export {
  type CosineOptions,
  constant,
  cosine,
  type ExponentialOptions,
  exponential,
  type InverseSqrtOptions,
  inverseSqrt,
  type LinearOptions,
  linear,
  type PolynomialOptions,
  polynomial,
} from './decays.js';
export * from './pieces.js';
export type { Schedule, Shape } from './schedule.js';
