/** Draws every schedule, from the real functions, into docs/schedules.svg. Run it with: npm run schedules */
import { writeFileSync } from 'node:fs';
import { drawSchedules } from './schedules/chart.js';

writeFileSync(new URL('../docs/schedules.svg', import.meta.url), drawSchedules());
