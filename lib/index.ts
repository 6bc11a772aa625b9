export type { FloatArray } from './arrays.js';
export { type BackendInfo, backend, useBinary } from './backend.js';
export type { Dialect, Mode, WeightDecayMode } from './definition.js';
export type { ErrorCode, LockstepError } from './errors.js';
export type { LossScalerState } from './loss_scale.js';
export { LossScaler, type LossScalerOptions } from './loss_scaler.js';
export { type CommonOptions, Optimizer } from './optimizer.js';
export type { AnyOptimizer, OptimizerClass } from './optimizer_class.js';
export { AdaBelief, type AdaBeliefOptions } from './optimizers/adabelief.js';
export { Adadelta, type AdadeltaOptions } from './optimizers/adadelta.js';
export { Adagrad, type AdagradOptions } from './optimizers/adagrad.js';
export { Adam, type AdamOptions } from './optimizers/adam.js';
export { Adamax, type AdamaxOptions } from './optimizers/adamax.js';
export { AdamW, type AdamWOptions } from './optimizers/adamw.js';
export { Adan, type AdanOptions } from './optimizers/adan.js';
export { ADOPT, type ADOPTOptions } from './optimizers/adopt.js';
export { ASGD, type ASGDOptions } from './optimizers/asgd.js';
export { FTRL, type FTRLOptions } from './optimizers/ftrl.js';
export { LAMB, type LAMBOptions } from './optimizers/lamb.js';
export { LARS, type LARSOptions } from './optimizers/lars.js';
export { Lion, type LionOptions } from './optimizers/lion.js';
export { Momentum, type MomentumOptions } from './optimizers/momentum.js';
export { NAdam, type NAdamOptions } from './optimizers/nadam.js';
export { RAdam, type RAdamOptions } from './optimizers/radam.js';
export { RMSprop, type RMSpropOptions } from './optimizers/rmsprop.js';
export { Rprop, type RpropOptions } from './optimizers/rprop.js';
export { ScheduleFreeAdamW, type ScheduleFreeAdamWOptions } from './optimizers/schedulefreeadamw.js';
export { ScheduleFreeSGD, type ScheduleFreeSGDOptions } from './optimizers/schedulefreesgd.js';
export { SGD, type SGDOptions } from './optimizers/sgd.js';
export { Signum, type SignumOptions } from './optimizers/signum.js';
export {
  type LayerDecayOptions,
  layerDecay,
  type Match,
  type ParamGroup,
  splitGroups,
  type UsualOptions,
} from './param_groups.js';
export type { Grads, ParamState, Params, State } from './params.js';
export type { ClipNormForm, EmaOptions, NonFinite, Pipeline, PipelineOptions, SwaOptions } from './pipeline.js';
export type { BackendName, NativeName } from './plan.js';
export type { StepOptions, StepReport } from './report.js';
export type { Schedule } from './schedule.js';
export * as schedules from './schedules/index.js';
export { type PlateauState, ReduceOnPlateau, type ReduceOnPlateauOptions } from './schedules/plateau.js';
