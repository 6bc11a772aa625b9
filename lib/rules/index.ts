// Every rule, under the name of its C++ struct: src/rules.h lists the same.

import { adabelief } from './adabelief.js';
import { adagrad } from './adagrad.js';
import { adam, amsgrad } from './adam.js';
import { adan } from './adan.js';
import { adopt } from './adopt.js';
import { ftrl } from './ftrl.js';
import { lion } from './lion.js';
import { momentum, momentumNesterov } from './momentum.js';
import type { Rule } from './rule.js';
import { sgd, sgdMomentum, sgdNesterov } from './sgd.js';
import { signum } from './signum.js';

export const rules: readonly Rule[] = [
  adabelief,
  adagrad,
  adam,
  adan,
  adopt,
  amsgrad,
  ftrl,
  lion,
  momentum,
  momentumNesterov,
  sgd,
  sgdMomentum,
  sgdNesterov,
  signum,
];
