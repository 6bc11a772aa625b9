// Copied into a project that has lockstep installed and run by any runtime: trains by import and by require (training.cjs),
// and prints one line of JSON.

import { createRequire } from 'node:module';
import * as imported from 'lockstep';
import { trainWith } from './training.cjs';

const required = createRequire(import.meta.url)('lockstep');

const byImport = trainWith(imported);
const byRequire = trainWith(required);
if (byImport.hash !== byRequire.hash) throw new Error('import and require trained different bits');
if (imported.Adam !== required.Adam) throw new Error('import and require reached different classes');
console.log(JSON.stringify(byImport));
