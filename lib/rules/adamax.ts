// Adamax: m <- beta1 * m + (1 - beta1) * g; u <- max(beta2 * u, |g| + epsInside);
//         W <- W - lr / (1 - beta1^t) * m / (u + eps)
// https://arxiv.org/abs/1412.6980, section 7.1
//
// eps keeps u above 0 from inside the maximum or outside of it: one of the two is 0. rest1 = 1 - beta1 and stepSize =
// lr / (1 - beta1^t) are coefficients.
//
// Written from src/rules/adamax.h by `npm run rules`: change that file, not this one.

import { cautious } from './cautious.js';
import { indexes, max, type Rule } from './rule.js';

const { abs, fround } = Math;

export const Adamax = {
  name: 'Adamax',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'epsInside', 'stepSize', 'eps'),
  state: ['expAvg', 'expInf'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const epsInside = c[3];
    const stepSize = c[4];
    const eps = c[5];
    const expAvg = states[0];
    const expInf = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let u = expInf[i];
      u = max(fround(beta2 * u), fround(abs(grad) + epsInside));
      expInf[i] = u;
      let param = params[i];
      param = fround(param - fround(stepSize * fround(m / fround(u + eps))));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const epsInside = c[3];
    const stepSize = c[4];
    const eps = c[5];
    const expAvg = states[0];
    const expInf = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let u = expInf[i];
      u = max(beta2 * u, abs(grad) + epsInside);
      expInf[i] = u;
      let param = params[i];
      param = param - stepSize * (m / (u + eps));
      params[i] = param;
    }
  },
} as const satisfies Rule;

export const CautiousAdamax = cautious({
  name: 'CautiousAdamax',
  coefficients: indexes('beta1', 'rest1', 'beta2', 'epsInside', 'stepSize', 'eps', 'keepScale'),
  state: ['expAvg', 'expInf'],

  f32(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const epsInside = c[3];
    const stepSize = c[4];
    const eps = c[5];
    const keepScale = c[6];
    const expAvg = states[0];
    const expInf = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = fround(fround(beta1 * m) + fround(rest1 * grad));
      expAvg[i] = m;
      let u = expInf[i];
      u = max(fround(beta2 * u), fround(abs(grad) + epsInside));
      expInf[i] = u;
      change = fround(change - fround(stepSize * fround(m / fround(u + eps))));
      let param = params[i];
      param = fround(param + (zero > fround(change * grad) ? fround(keepScale * change) : fround(zero * change)));
      params[i] = param;
    }
  },

  f64(c, params, grads, states) {
    const beta1 = c[0];
    const rest1 = c[1];
    const beta2 = c[2];
    const epsInside = c[3];
    const stepSize = c[4];
    const eps = c[5];
    const keepScale = c[6];
    const expAvg = states[0];
    const expInf = states[1];
    const { length } = params;
    for (let i = 0; i < length; i++) {
      const zero = 0;
      let change = 0;
      const grad = grads[i];
      let m = expAvg[i];
      m = beta1 * m + rest1 * grad;
      expAvg[i] = m;
      let u = expInf[i];
      u = max(beta2 * u, abs(grad) + epsInside);
      expInf[i] = u;
      change = change - stepSize * (m / (u + eps));
      let param = params[i];
      param = param + (zero > change * grad ? keepScale * change : zero * change);
      params[i] = param;
    }
  },

  measures: {
    names: ['kept'],

    f32(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const epsInside = c[3];
      const stepSize = c[4];
      const eps = c[5];
      const expAvg = states[0];
      const expInf = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = fround(fround(beta1 * m) + fround(rest1 * grad));
        let u = expInf[i];
        u = max(fround(beta2 * u), fround(abs(grad) + epsInside));
        change = fround(change - fround(stepSize * fround(m / fround(u + eps))));
        kept[i] = zero > fround(change * grad) ? 1 : zero;
      }
    },

    f64(c, params, grads, states, values) {
      const beta1 = c[0];
      const rest1 = c[1];
      const beta2 = c[2];
      const epsInside = c[3];
      const stepSize = c[4];
      const eps = c[5];
      const expAvg = states[0];
      const expInf = states[1];
      const kept = values[0];
      const { length } = params;
      for (let i = 0; i < length; i++) {
        const zero = 0;
        let change = 0;
        const grad = grads[i];
        let m = expAvg[i];
        m = beta1 * m + rest1 * grad;
        let u = expInf[i];
        u = max(beta2 * u, abs(grad) + epsInside);
        change = change - stepSize * (m / (u + eps));
        kept[i] = zero > change * grad ? 1 : zero;
      }
    },
  },
} as const satisfies Rule);
