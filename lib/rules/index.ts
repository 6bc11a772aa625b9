// Every rule, under the name of its C++ struct: src/rules.h lists the same.

import { adabelief, cautiousAdaBelief } from './adabelief.js';
import { adadelta } from './adadelta.js';
import { adagrad } from './adagrad.js';
import { adam, amsgrad, cautiousAdam, cautiousAMSGrad } from './adam.js';
import { adamax, cautiousAdamax } from './adamax.js';
import { adan } from './adan.js';
import { adopt, cautiousADOPT } from './adopt.js';
import { ftrl } from './ftrl.js';
import { lamb } from './lamb.js';
import { lars } from './lars.js';
import { cautiousLion, lion } from './lion.js';
import { momentum, momentumNesterov } from './momentum.js';
import { rmsprop, rmspropCentered, rmspropCenteredMomentum, rmspropMomentum } from './rmsprop.js';
import type { Rule } from './rule.js';
import { sgd, sgdMomentum, sgdNesterov } from './sgd.js';
import { signum } from './signum.js';

export const rules: readonly Rule[] = [
  adabelief,
  adadelta,
  adagrad,
  adam,
  adamax,
  adan,
  adopt,
  amsgrad,
  ftrl,
  lamb,
  lars,
  lion,
  momentum,
  momentumNesterov,
  rmsprop,
  rmspropCentered,
  rmspropCenteredMomentum,
  rmspropMomentum,
  sgd,
  sgdMomentum,
  sgdNesterov,
  signum,
  cautiousAdam,
  cautiousAMSGrad,
  cautiousAdamax,
  cautiousAdaBelief,
  cautiousADOPT,
  cautiousLion,
];
