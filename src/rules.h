// The one list of rules. The kernel tables, the binding and the C++ tests read it; the order is free.
#pragma once

#include "rules/adabelief.h"
#include "rules/adadelta.h"
#include "rules/adagrad.h"
#include "rules/adam.h"
#include "rules/adamax.h"
#include "rules/adan.h"
#include "rules/adopt.h"
#include "rules/ftrl.h"
#include "rules/lamb.h"
#include "rules/lars.h"
#include "rules/lion.h"
#include "rules/momentum.h"
#include "rules/rmsprop.h"
#include "rules/sgd.h"
#include "rules/signum.h"

#define LOCKSTEP_RULES(RULE)    \
  RULE(AdaBelief)               \
  RULE(Adadelta)                \
  RULE(Adagrad)                 \
  RULE(Adam)                    \
  RULE(Adamax)                  \
  RULE(Adan)                    \
  RULE(ADOPT)                   \
  RULE(AMSGrad)                 \
  RULE(CautiousAdaBelief)       \
  RULE(CautiousAdam)            \
  RULE(CautiousAdamax)          \
  RULE(CautiousADOPT)           \
  RULE(CautiousAMSGrad)         \
  RULE(CautiousLion)            \
  RULE(FTRL)                    \
  RULE(LAMB)                    \
  RULE(LARS)                    \
  RULE(Lion)                    \
  RULE(Momentum)                \
  RULE(MomentumNesterov)        \
  RULE(RMSprop)                 \
  RULE(RMSpropCentered)         \
  RULE(RMSpropCenteredMomentum) \
  RULE(RMSpropMomentum)         \
  RULE(SGD)                     \
  RULE(SGDMomentum)             \
  RULE(SGDNesterov)             \
  RULE(Signum)
