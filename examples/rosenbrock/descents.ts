/** The paths of all optimizers down Rosenbrock's valley: the very runs, with the very options, that the tests check. */
import { type Goal, goalsOf, minimize, rosenbrock } from '../../test/convergence.js';
import { optimizers } from '../../test/optimizers.js';

export type Point = readonly [x: number, y: number];

export interface Descent extends Pick<Goal, 'options' | 'schedule'> {
  readonly name: string;
  /** The point before the first step, and after each. */
  readonly path: readonly Point[];
  /** At the last point. */
  readonly loss: number;
}

/** In alphabetical order. */
export function descents(): readonly Descent[] {
  return optimizers
    .map((optimizer) => {
      const { name } = optimizer;
      const [goal] = goalsOf(name);
      const path: Point[] = [];
      const loss = minimize(rosenbrock, optimizer, goal, ([x, y]) => path.push([x, y]));
      return { name, options: goal.options, schedule: goal.schedule, path, loss };
    })
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}
