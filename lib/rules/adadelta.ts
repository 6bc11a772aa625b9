// Adadelta: v <- rho * v + (1 - rho) * g^2; d <- sqrt((u + eps) / (v + eps)) * g; u <- rho * u + (1 - rho) * d^2;
//           W <- W - lr * d
// https://arxiv.org/abs/1212.5701
//
// rest = 1 - rho is a coefficient. The root of the quotient is the quotient of the two roots of the paper.
//
// Written from src/rules/adadelta.h by `npm run rules`: change that file, not this one.

import { indexes, type Rule } from './rule.js';

const { fround, sqrt } = Math;

export const Adadelta = {
  name: 'Adadelta',
  coefficients: indexes('rho', 'rest', 'eps', 'lr'),
  state: ['squareAvg', 'accDelta'],

  f32(c, params, grads, states) {
    const rho = c[0];
    const rest = c[1];
    const eps = c[2];
    const lr = c[3];
    const squareAvg = states[0];
    const accDelta = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = fround(fround(rho * v) + fround(rest * fround(grad * grad)));
      squareAvg[i] = v;
      let u = accDelta[i];
      const delta = fround(fround(sqrt(fround(fround(u + eps) / fround(v + eps)))) * grad);
      u = fround(fround(rho * u) + fround(rest * fround(delta * delta)));
      accDelta[i] = u;
      let param = params[i];
      param = fround(param - fround(lr * delta));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const rho = c[0];
    const rest = c[1];
    const eps = c[2];
    const lr = c[3];
    const squareAvg = states[0];
    const accDelta = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let v = squareAvg[i];
      v = rho * v + rest * (grad * grad);
      squareAvg[i] = v;
      let u = accDelta[i];
      const delta = sqrt((u + eps) / (v + eps)) * grad;
      u = rho * u + rest * (delta * delta);
      accDelta[i] = u;
      let param = params[i];
      param = param - lr * delta;
      params[i] = param;
    }
  },
} as const satisfies Rule;
