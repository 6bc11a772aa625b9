// A program of ES modules, for bundlers: trains (training.cjs) and prints one line of JSON.

import * as lockstep from 'lockstep';
import { trainWith } from './training.cjs';

console.log(JSON.stringify(trainWith(lockstep)));
