export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions } from './adam.js';
export type { FloatArray } from './arrays.js';
export { type BackendInfo, type BackendName, backend, type NativeName } from './backend.js';
export type { ErrorCode, LockstepError } from './errors.js';
export { Momentum, type MomentumOptions } from './momentum.js';
export { type CommonOptions, Optimizer, type StepReport } from './optimizer.js';
export type { Grads, ParamState, Params, State } from './params.js';
export { SGD, type SGDOptions } from './sgd.js';
