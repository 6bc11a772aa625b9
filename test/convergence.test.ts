// Each optimizer arrives: at the foot of Rosenbrock's valley, and through noise at that of a thousand elements at once.

import { describe, expect, test } from 'vitest';
import { goalsOf, minimize, noisyQuadratic, rosenbrock } from './convergence.js';
import { optimizers } from './optimizers.js';

describe.each(optimizers)('$name', (optimizer) => {
  test('minimizes Rosenbrock', () => {
    const [goal] = goalsOf(optimizer.name);
    expect(minimize(rosenbrock, optimizer, goal)).toBeLessThanOrEqual(goal.loss);
  });

  test('minimizes a quadratic of 1,000 elements, from noisy gradients', () => {
    const [, goal] = goalsOf(optimizer.name);
    expect(minimize(noisyQuadratic, optimizer, goal)).toBeLessThanOrEqual(goal.loss);
  });
});
