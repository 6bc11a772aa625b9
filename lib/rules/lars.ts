import type { FloatArray } from '../arrays.js';
import { indexes, type Rule } from './rule.js';

const { fround } = Math;

const c = indexes('weightDecay', 'inner', 'momentum', 'outer', 'ahead');

function measure<A extends FloatArray>(_row: A, param: A, grad: A, _state: readonly A[], values: readonly A[]): void {
  values[0].set(param);
  values[1].set(grad);
}

/**
 * LARS: d = inner·(g + weightDecay·W); b ← momentum·b + d; W ← W − (outer·b + ahead·d), where inner comes from the norms of W
 * and g. Mirrors src/rules/lars.h.
 */
export const lars = {
  name: 'LARS',
  coefficients: c,
  state: ['momentumBuffer'],

  f32(row, param, grad, state) {
    const weightDecay = row[c.weightDecay];
    const inner = row[c.inner];
    const momentum = row[c.momentum];
    const outer = row[c.outer];
    const ahead = row[c.ahead];
    const momentumBuffer = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const d = fround(inner * fround(grad[i] + fround(weightDecay * param[i])));
      const b = fround(fround(momentum * momentumBuffer[i]) + d);
      momentumBuffer[i] = b;
      param[i] = fround(param[i] - fround(fround(outer * b) + fround(ahead * d)));
    }
  },

  f64(row, param, grad, state) {
    const weightDecay = row[c.weightDecay];
    const inner = row[c.inner];
    const momentum = row[c.momentum];
    const outer = row[c.outer];
    const ahead = row[c.ahead];
    const momentumBuffer = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const d = inner * (grad[i] + weightDecay * param[i]);
      const b = momentum * momentumBuffer[i] + d;
      momentumBuffer[i] = b;
      param[i] = param[i] - (outer * b + ahead * d);
    }
  },

  measures: { names: ['paramNorm', 'gradNorm'], f32: measure, f64: measure },
} as const satisfies Rule;
