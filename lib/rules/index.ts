// Every rule, in the order of src/rules.h.
//
// Written by `npm run rules`.

import { AdaBelief, CautiousAdaBelief } from './adabelief.js';
import { Adadelta } from './adadelta.js';
import { Adagrad } from './adagrad.js';
import { Adam, AMSGrad, CautiousAdam, CautiousAMSGrad } from './adam.js';
import { Adamax, CautiousAdamax } from './adamax.js';
import { Adan } from './adan.js';
import { ADOPT, CautiousADOPT } from './adopt.js';
import { ASGD } from './asgd.js';
import { FTRL } from './ftrl.js';
import { LAMB } from './lamb.js';
import { LARS } from './lars.js';
import { Lerp } from './lerp.js';
import { CautiousLion, Lion } from './lion.js';
import { Momentum, MomentumNesterov } from './momentum.js';
import { CautiousNAdam, NAdam } from './nadam.js';
import { RMSprop, RMSpropCentered, RMSpropCenteredMomentum, RMSpropMomentum } from './rmsprop.js';
import { Rprop } from './rprop.js';
import type { Rule } from './rule.js';
import { ScheduleFreeAdamW, ScheduleFreeSGD } from './schedulefree.js';
import { SGD, SGDMomentum, SGDNesterov } from './sgd.js';
import { Signum } from './signum.js';
import { Clamp, GradNorm, Sum } from './stages.js';

export const rules: readonly Rule[] = [
  AdaBelief,
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  Adan,
  ADOPT,
  AMSGrad,
  ASGD,
  CautiousAdaBelief,
  CautiousAdam,
  CautiousAdamax,
  CautiousADOPT,
  CautiousAMSGrad,
  CautiousLion,
  CautiousNAdam,
  Clamp,
  FTRL,
  GradNorm,
  LAMB,
  LARS,
  Lerp,
  Lion,
  Momentum,
  MomentumNesterov,
  NAdam,
  RMSprop,
  RMSpropCentered,
  RMSpropCenteredMomentum,
  RMSpropMomentum,
  Rprop,
  ScheduleFreeAdamW,
  ScheduleFreeSGD,
  SGD,
  SGDMomentum,
  SGDNesterov,
  Signum,
  Sum,
];
