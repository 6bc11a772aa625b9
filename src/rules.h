// The one list of rules. The kernel tables, the binding, the C++ tests and the bench read it; the order is free.
#pragma once

#include "rules/adadelta.h"
#include "rules/adagrad.h"
#include "rules/adam.h"
#include "rules/adamax.h"
#include "rules/momentum.h"
#include "rules/rmsprop.h"
#include "rules/sgd.h"

#define LOCKSTEP_RULES(RULE)    \
  RULE(Adadelta)                \
  RULE(Adagrad)                 \
  RULE(Adam)                    \
  RULE(Adamax)                  \
  RULE(AMSGrad)                 \
  RULE(Momentum)                \
  RULE(MomentumNesterov)        \
  RULE(RMSprop)                 \
  RULE(RMSpropCentered)         \
  RULE(RMSpropCenteredMomentum) \
  RULE(RMSpropMomentum)         \
  RULE(SGD)                     \
  RULE(SGDMomentum)             \
  RULE(SGDNesterov)
