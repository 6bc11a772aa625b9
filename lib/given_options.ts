// The options that the constructor of an optimizer and its steps are given: read, completed by defaults, and refused where they
// conflict.

import { resolveBackend } from './backend.js';
import type { Definition, Dialect } from './definition.js';
import { rangeError } from './errors.js';
import { checkNames, positiveInteger, readOptions, text } from './options.js';
import { ownOption } from './own.js';
import { type Pipeline, type PipelineOptions, pipelineConflict, pipelineOptions } from './pipeline.js';
import type { Backend, BackendName } from './plan.js';
import type { StepOptions } from './report.js';

/** Options that every optimizer takes. */
export interface CommonOptions extends PipelineOptions {
  /** The backend for this optimizer; default: `LOCKSTEP_BACKEND`, else the best that this machine can run. Fixed. */
  backend?: BackendName;
  /** How many threads a step uses: an integer >= 1. Default: `LOCKSTEP_THREADS`, else as many of the cores as the work is worth. Fixed. */
  threads?: number;
}

const fixedOptions = { backend: text, threads: positiveInteger };
export const commonNames = [...Object.keys(pipelineOptions), ...Object.keys(fixedOptions)];

interface Common {
  readonly pipeline: Pipeline;
  readonly backend: Backend;
  readonly threads: number | undefined;
}

export function readCommon(given: object): Common {
  const pipeline = readOptions<Pipeline>(pipelineOptions, given);
  refusePipelineConflict(pipeline);
  const { backend, threads } = readOptions(fixedOptions, given);
  return { pipeline, backend: resolveBackend(backend), threads };
}

export function refusePipelineConflict(pipeline: Pipeline): void {
  const conflict = pipelineConflict(pipeline);
  if (conflict !== undefined) throw rangeError('ERR_INVALID_OPTION', conflict);
}

/** What is given for the options of the optimizer, each read once. */
export function ownOptions<O extends object>({ options }: Definition<O>, given: object): object {
  const entries = Object.keys(options).map((name) => [name, ownOption(given, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The defaults of the dialect that was asked for, where it has its own; `dialect` itself is checked with the others. */
export function defaultsOf<O extends object>({ defaults = {} }: Definition<O>, given: object): Partial<Required<O>> {
  const dialect = ownOption(given, 'dialect');
  return typeof dialect === 'string' && Object.hasOwn(defaults, dialect) ? (defaults[dialect as Dialect] ?? {}) : {};
}

export function refuseConflict<O extends object>(definition: Definition<O>, options: Required<O>): void {
  const conflict = definition.conflict?.(options);
  if (conflict !== undefined) throw rangeError('ERR_INVALID_OPTION', conflict);
}

/** What a step has that is given no options, which are not read then. */
export const noStepOptions: StepOptions = Object.freeze({});

/** The `gradScale` of a single step; `undefined` where it is not given. */
export function readStepOptions(options: StepOptions): number | undefined {
  if (options === noStepOptions) return undefined;
  checkNames(options, ['gradScale']);
  const given = ownOption(options, 'gradScale');
  return given === undefined ? undefined : pipelineOptions.gradScale.check('gradScale', given);
}
