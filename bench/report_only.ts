// npm run bench:report: writes anew what is written from bench/results.json.

import { writeReport } from './write.js';

writeReport();
