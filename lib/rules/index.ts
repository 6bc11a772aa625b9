// Every rule, under the name of its C++ struct: src/rules.h lists the same.

import { adadelta } from './adadelta.js';
import { adagrad } from './adagrad.js';
import { adam, amsgrad } from './adam.js';
import { adamax } from './adamax.js';
import { momentum, momentumNesterov } from './momentum.js';
import { rmsprop, rmspropCentered, rmspropCenteredMomentum, rmspropMomentum } from './rmsprop.js';
import type { Rule } from './rule.js';
import { sgd, sgdMomentum, sgdNesterov } from './sgd.js';

export const rules: readonly Rule[] = [
  adadelta,
  adagrad,
  adam,
  adamax,
  amsgrad,
  momentum,
  momentumNesterov,
  rmsprop,
  rmspropCentered,
  rmspropCenteredMomentum,
  rmspropMomentum,
  sgd,
  sgdMomentum,
  sgdNesterov,
];
