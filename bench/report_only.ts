// npm run bench:report: writes anew what is written from bench/results.json.

import { readFileSync } from 'node:fs';
import type { Results } from './results.js';
import { resultsFile, writeReport } from './write.js';

writeReport(JSON.parse(readFileSync(resultsFile, 'utf8')) as Results);
