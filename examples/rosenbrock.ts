/** Draws how each optimizer descends Rosenbrock's valley, into docs/rosenbrock.svg. Run it with: npm run rosenbrock */
import { writeFileSync } from 'node:fs';
import { drawDescents } from './rosenbrock/chart.js';
import { descents } from './rosenbrock/descents.js';

writeFileSync(new URL('../docs/rosenbrock.svg', import.meta.url), drawDescents(descents()));
