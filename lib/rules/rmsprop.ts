import { indexes, max, type Rule } from './rule.js';

const { fround, sqrt } = Math;

const c = indexes('alpha', 'rest', 'epsInside', 'eps', 'lr');

/** RMSprop: v ← alpha·v + rest·g²; W ← W − lr·g / (√(v + epsInside) + eps). Mirrors `RMSprop` in src/rules/rmsprop.h. */
export const rmsprop = {
  name: 'RMSprop',
  coefficients: c,
  state: ['squareAvg'],

  f32(row, param, grad, state) {
    const alpha = row[c.alpha];
    const rest = row[c.rest];
    const epsInside = row[c.epsInside];
    const eps = row[c.eps];
    const lr = row[c.lr];
    const squareAvg = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = fround(fround(alpha * squareAvg[i]) + fround(rest * fround(g * g)));
      squareAvg[i] = v;
      const denominator = fround(fround(sqrt(fround(v + epsInside))) + eps);
      param[i] = fround(param[i] - fround(fround(lr * g) / denominator));
    }
  },

  f64(row, param, grad, state) {
    const alpha = row[c.alpha];
    const rest = row[c.rest];
    const epsInside = row[c.epsInside];
    const eps = row[c.eps];
    const lr = row[c.lr];
    const squareAvg = state[0];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = alpha * squareAvg[i] + rest * (g * g);
      squareAvg[i] = v;
      const denominator = sqrt(v + epsInside) + eps;
      param[i] = param[i] - (lr * g) / denominator;
    }
  },
} as const satisfies Rule;

/** With a ← alpha·a + rest·g, and max(0, v − a²) in the place of v. Mirrors `RMSpropCentered` in src/rules/rmsprop.h. */
export const rmspropCentered = {
  name: 'RMSpropCentered',
  coefficients: c,
  state: ['squareAvg', 'gradAvg'],

  f32(row, param, grad, state) {
    const alpha = row[c.alpha];
    const rest = row[c.rest];
    const epsInside = row[c.epsInside];
    const eps = row[c.eps];
    const lr = row[c.lr];
    const squareAvg = state[0];
    const gradAvg = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = fround(fround(alpha * squareAvg[i]) + fround(rest * fround(g * g)));
      squareAvg[i] = v;
      const a = fround(fround(alpha * gradAvg[i]) + fround(rest * g));
      gradAvg[i] = a;
      const variance = max(0, fround(v - fround(a * a)));
      const denominator = fround(fround(sqrt(fround(variance + epsInside))) + eps);
      param[i] = fround(param[i] - fround(fround(lr * g) / denominator));
    }
  },

  f64(row, param, grad, state) {
    const alpha = row[c.alpha];
    const rest = row[c.rest];
    const epsInside = row[c.epsInside];
    const eps = row[c.eps];
    const lr = row[c.lr];
    const squareAvg = state[0];
    const gradAvg = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = alpha * squareAvg[i] + rest * (g * g);
      squareAvg[i] = v;
      const a = alpha * gradAvg[i] + rest * g;
      gradAvg[i] = a;
      const variance = max(0, v - a * a);
      const denominator = sqrt(variance + epsInside) + eps;
      param[i] = param[i] - (lr * g) / denominator;
    }
  },
} as const satisfies Rule;

const buffered = indexes('alpha', 'rest', 'epsInside', 'eps', 'momentum', 'inner', 'outer');

/** With b ← momentum·b + inner·g / (√(v + epsInside) + eps); W ← W − outer·b. Mirrors `RMSpropMomentum` in src/rules/rmsprop.h. */
export const rmspropMomentum = {
  name: 'RMSpropMomentum',
  coefficients: buffered,
  state: ['squareAvg', 'momentumBuffer'],

  f32(row, param, grad, state) {
    const alpha = row[buffered.alpha];
    const rest = row[buffered.rest];
    const epsInside = row[buffered.epsInside];
    const eps = row[buffered.eps];
    const momentum = row[buffered.momentum];
    const inner = row[buffered.inner];
    const outer = row[buffered.outer];
    const squareAvg = state[0];
    const momentumBuffer = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = fround(fround(alpha * squareAvg[i]) + fround(rest * fround(g * g)));
      squareAvg[i] = v;
      const denominator = fround(fround(sqrt(fround(v + epsInside))) + eps);
      const b = fround(fround(momentum * momentumBuffer[i]) + fround(fround(inner * g) / denominator));
      momentumBuffer[i] = b;
      param[i] = fround(param[i] - fround(outer * b));
    }
  },

  f64(row, param, grad, state) {
    const alpha = row[buffered.alpha];
    const rest = row[buffered.rest];
    const epsInside = row[buffered.epsInside];
    const eps = row[buffered.eps];
    const momentum = row[buffered.momentum];
    const inner = row[buffered.inner];
    const outer = row[buffered.outer];
    const squareAvg = state[0];
    const momentumBuffer = state[1];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = alpha * squareAvg[i] + rest * (g * g);
      squareAvg[i] = v;
      const denominator = sqrt(v + epsInside) + eps;
      const b = momentum * momentumBuffer[i] + (inner * g) / denominator;
      momentumBuffer[i] = b;
      param[i] = param[i] - outer * b;
    }
  },
} as const satisfies Rule;

/** With both. Mirrors `RMSpropCenteredMomentum` in src/rules/rmsprop.h. */
export const rmspropCenteredMomentum = {
  name: 'RMSpropCenteredMomentum',
  coefficients: buffered,
  state: ['squareAvg', 'gradAvg', 'momentumBuffer'],

  f32(row, param, grad, state) {
    const alpha = row[buffered.alpha];
    const rest = row[buffered.rest];
    const epsInside = row[buffered.epsInside];
    const eps = row[buffered.eps];
    const momentum = row[buffered.momentum];
    const inner = row[buffered.inner];
    const outer = row[buffered.outer];
    const squareAvg = state[0];
    const gradAvg = state[1];
    const momentumBuffer = state[2];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = fround(fround(alpha * squareAvg[i]) + fround(rest * fround(g * g)));
      squareAvg[i] = v;
      const a = fround(fround(alpha * gradAvg[i]) + fround(rest * g));
      gradAvg[i] = a;
      const variance = max(0, fround(v - fround(a * a)));
      const denominator = fround(fround(sqrt(fround(variance + epsInside))) + eps);
      const b = fround(fround(momentum * momentumBuffer[i]) + fround(fround(inner * g) / denominator));
      momentumBuffer[i] = b;
      param[i] = fround(param[i] - fround(outer * b));
    }
  },

  f64(row, param, grad, state) {
    const alpha = row[buffered.alpha];
    const rest = row[buffered.rest];
    const epsInside = row[buffered.epsInside];
    const eps = row[buffered.eps];
    const momentum = row[buffered.momentum];
    const inner = row[buffered.inner];
    const outer = row[buffered.outer];
    const squareAvg = state[0];
    const gradAvg = state[1];
    const momentumBuffer = state[2];
    const { length } = param;
    for (let i = 0; i < length; i++) {
      const g = grad[i];
      const v = alpha * squareAvg[i] + rest * (g * g);
      squareAvg[i] = v;
      const a = alpha * gradAvg[i] + rest * g;
      gradAvg[i] = a;
      const variance = max(0, v - a * a);
      const denominator = sqrt(variance + epsInside) + eps;
      const b = momentum * momentumBuffer[i] + (inner * g) / denominator;
      momentumBuffer[i] = b;
      param[i] = param[i] - outer * b;
    }
  },
} as const satisfies Rule;
