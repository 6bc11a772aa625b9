// RMSprop: v <- alpha * v + (1 - alpha) * g^2; W <- W - lr * g / (sqrt(v + epsInside) + eps)
// https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
//
// eps stands outside the root or inside it: one of the two is 0; rest = 1 - alpha. With momentum
// b <- momentum * b + inner * g / (...); W <- W - outer * b: lr stands outside the buffer or inside it, and a 1 in the
// other place.
//
// Centered divides by the deviation: the average of g is kept too, and v - gradAvg^2 takes the place of v. It is a
// variance, and rounding alone can make it negative: it is then 0, where others take a root of it. NaN stays NaN. Where
// v is infinite, since the square of a gradient overflowed, so is the variance: gradAvg^2 may be infinite, too.
// https://arxiv.org/abs/1308.0850
//
// Written from src/rules/rmsprop.h by `npm run rules`: change that file, not this one.

import { indexes, max, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const RMSprop = {
  name: 'RMSprop',
  coefficients: indexes('alpha', 'rest', 'epsInside', 'eps', 'lr'),
  state: ['squareAvg'],

  f32(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const lr = c[4];
    const squareAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = fround(fround(alpha * v) + fround(rest * fround(grad * grad)));
      squareAvg[i] = v;
      let param = params[i];
      param = fround(param - fround(fround(lr * grad) / fround(fround(sqrt(fround(v + epsInside))) + eps)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const lr = c[4];
    const squareAvg = states[0];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = alpha * v + rest * (grad * grad);
      squareAvg[i] = v;
      let param = params[i];
      param = param - (lr * grad) / (sqrt(v + epsInside) + eps);
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const RMSpropMomentum = {
  name: 'RMSpropMomentum',
  coefficients: indexes('alpha', 'rest', 'epsInside', 'eps', 'momentum', 'inner', 'outer'),
  state: ['squareAvg', 'momentumBuffer'],

  f32(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const momentum = c[4];
    const inner = c[5];
    const outer = c[6];
    const squareAvg = states[0];
    const momentumBuffer = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = fround(fround(alpha * v) + fround(rest * fround(grad * grad)));
      squareAvg[i] = v;
      let b = momentumBuffer[i];
      b = fround(
        fround(momentum * b) + fround(fround(inner * grad) / fround(fround(sqrt(fround(v + epsInside))) + eps)),
      );
      momentumBuffer[i] = b;
      let param = params[i];
      param = fround(param - fround(outer * b));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const momentum = c[4];
    const inner = c[5];
    const outer = c[6];
    const squareAvg = states[0];
    const momentumBuffer = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = alpha * v + rest * (grad * grad);
      squareAvg[i] = v;
      let b = momentumBuffer[i];
      b = momentum * b + (inner * grad) / (sqrt(v + epsInside) + eps);
      momentumBuffer[i] = b;
      let param = params[i];
      param = param - outer * b;
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const RMSpropCentered = {
  name: 'RMSpropCentered',
  coefficients: indexes('alpha', 'rest', 'epsInside', 'eps', 'lr'),
  state: ['squareAvg', 'gradAvg'],

  f32(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const lr = c[4];
    const squareAvg = states[0];
    const gradAvg = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = fround(fround(alpha * v) + fround(rest * fround(grad * grad)));
      squareAvg[i] = v;
      let a = gradAvg[i];
      a = fround(fround(alpha * a) + fround(rest * grad));
      gradAvg[i] = a;
      const variance = v === Infinity ? v : max(0, fround(v - fround(a * a)));
      let param = params[i];
      param = fround(param - fround(fround(lr * grad) / fround(fround(sqrt(fround(variance + epsInside))) + eps)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const lr = c[4];
    const squareAvg = states[0];
    const gradAvg = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = alpha * v + rest * (grad * grad);
      squareAvg[i] = v;
      let a = gradAvg[i];
      a = alpha * a + rest * grad;
      gradAvg[i] = a;
      const variance = v === Infinity ? v : max(0, v - a * a);
      let param = params[i];
      param = param - (lr * grad) / (sqrt(variance + epsInside) + eps);
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const RMSpropCenteredMomentum = {
  name: 'RMSpropCenteredMomentum',
  coefficients: indexes('alpha', 'rest', 'epsInside', 'eps', 'momentum', 'inner', 'outer'),
  state: ['squareAvg', 'gradAvg', 'momentumBuffer'],

  f32(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const momentum = c[4];
    const inner = c[5];
    const outer = c[6];
    const squareAvg = states[0];
    const gradAvg = states[1];
    const momentumBuffer = states[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = fround(fround(alpha * v) + fround(rest * fround(grad * grad)));
      squareAvg[i] = v;
      let a = gradAvg[i];
      a = fround(fround(alpha * a) + fround(rest * grad));
      gradAvg[i] = a;
      const variance = v === Infinity ? v : max(0, fround(v - fround(a * a)));
      let b = momentumBuffer[i];
      b = fround(
        fround(momentum * b) + fround(fround(inner * grad) / fround(fround(sqrt(fround(variance + epsInside))) + eps)),
      );
      momentumBuffer[i] = b;
      let param = params[i];
      param = fround(param - fround(outer * b));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const alpha = c[0];
    const rest = c[1];
    const epsInside = c[2];
    const eps = c[3];
    const momentum = c[4];
    const inner = c[5];
    const outer = c[6];
    const squareAvg = states[0];
    const gradAvg = states[1];
    const momentumBuffer = states[2];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = alpha * v + rest * (grad * grad);
      squareAvg[i] = v;
      let a = gradAvg[i];
      a = alpha * a + rest * grad;
      gradAvg[i] = a;
      const variance = v === Infinity ? v : max(0, v - a * a);
      let b = momentumBuffer[i];
      b = momentum * b + (inner * grad) / (sqrt(variance + epsInside) + eps);
      momentumBuffer[i] = b;
      let param = params[i];
      param = param - outer * b;
      params[i] = param;
    }
  },
} as const satisfies Rule;
