import { indexes } from './rule.js';

const { fround } = Math;

const c = indexes('gradScale', 'l2', 'decay');

/**
 * What stands before every rule: g ← gradScale·g + l2·W; W ← decay·W. Mirrors `Prologue` in src/rules/rule.h.
 *
 * gradScale is −1 to maximize; l2 is weight decay inside the gradient; decay = 1 − lr·weightDecay is decoupled from it.
 * The scaled gradient goes to `scaled`, since the user's is never written; W goes to `decayed`, which may be W itself.
 */
export const prologue = {
  coefficients: c,

  /** Where it would change nothing it is left out, in every backend alike. Asked of the coefficients before rounding. */
  isIdentity(row: Float64Array, at: number): boolean {
    return row[at + c.gradScale] === 1 && row[at + c.l2] === 0 && row[at + c.decay] === 1;
  },

  f32(row: Float32Array, param: Float32Array, grad: Float32Array, decayed: Float32Array, scaled: Float32Array): void {
    const gradScale = row[c.gradScale];
    const l2 = row[c.l2];
    const decay = row[c.decay];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      scaled[i] = fround(fround(gradScale * grad[i]) + fround(l2 * param[i]));
      decayed[i] = fround(decay * param[i]);
    }
  },

  f64(row: Float64Array, param: Float64Array, grad: Float64Array, decayed: Float64Array, scaled: Float64Array): void {
    const gradScale = row[c.gradScale];
    const l2 = row[c.l2];
    const decay = row[c.decay];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      scaled[i] = gradScale * grad[i] + l2 * param[i];
      decayed[i] = decay * param[i];
    }
  },
} as const;

/** How many scalars stand before the rule's in a row. */
export const prologueWidth = Object.keys(c).length;
