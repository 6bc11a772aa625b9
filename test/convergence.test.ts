// Each optimizer arrives: at the foot of Rosenbrock's valley, and through noise at that of a thousand elements at once.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { drawDescents } from '../examples/rosenbrock/chart.js';
import { descents } from '../examples/rosenbrock/descents.js';
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

test('docs/rosenbrock.svg is what npm run rosenbrock draws', () => {
  const drawn = readFileSync(new URL('../docs/rosenbrock.svg', import.meta.url), 'utf8');
  expect(drawDescents(descents()) === drawn, 'out of date: run npm run rosenbrock').toBe(true);
});
