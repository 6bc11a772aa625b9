// A program whose parts import and require lockstep: both must reach the same classes. Trains (training.cjs) and prints
// one line of JSON.

import * as imported from 'lockstep';
import { required } from './required.cjs';
import { trainWith } from './training.cjs';

if (imported.Adam !== required.Adam) throw new Error('import and require reached different classes');
console.log(JSON.stringify(trainWith(imported)));
