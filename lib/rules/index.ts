// Every rule, under the name of its C++ struct: src/rules.h lists the same.

import { adabelief, cautiousAdaBelief } from './adabelief.js';
import { adadelta } from './adadelta.js';
import { adagrad } from './adagrad.js';
import { adam, amsgrad, cautiousAdam, cautiousAMSGrad } from './adam.js';
import { adamax, cautiousAdamax } from './adamax.js';
import { adan } from './adan.js';
import { adopt, cautiousADOPT } from './adopt.js';
import { asgd } from './asgd.js';
import { ftrl } from './ftrl.js';
import { lamb } from './lamb.js';
import { lars } from './lars.js';
import { lerp } from './lerp.js';
import { cautiousLion, lion } from './lion.js';
import { momentum, momentumNesterov } from './momentum.js';
import { cautiousNAdam, nadam } from './nadam.js';
import { rmsprop, rmspropCentered, rmspropCenteredMomentum, rmspropMomentum } from './rmsprop.js';
import { rprop } from './rprop.js';
import type { Rule } from './rule.js';
import { scheduleFreeAdamW, scheduleFreeSGD } from './schedulefree.js';
import { sgd, sgdMomentum, sgdNesterov } from './sgd.js';
import { signum } from './signum.js';
import { clampRule, gradNorm, sum } from './stages.js';

export const rules: readonly Rule[] = [
  adabelief,
  adadelta,
  adagrad,
  adam,
  adamax,
  adan,
  adopt,
  amsgrad,
  asgd,
  ftrl,
  lamb,
  lars,
  lerp,
  lion,
  momentum,
  momentumNesterov,
  nadam,
  rmsprop,
  rmspropCentered,
  rmspropCenteredMomentum,
  rmspropMomentum,
  rprop,
  scheduleFreeAdamW,
  scheduleFreeSGD,
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
  cautiousNAdam,
  clampRule,
  gradNorm,
  sum,
];
