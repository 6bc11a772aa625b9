// The recorded schedules of other systems, and lockstep's own, as the tests and the gallery need them.

import { readFileSync } from 'node:fs';
import { type Schedule, schedules } from 'lockstep';

/** A call of one of lockstep's schedules, as data: `{ call: 'step', args: [{ from: 0.1, stepSize: 30 }] }`. */
export interface Call {
  readonly call: string;
  readonly args: readonly unknown[];
}

export interface ScheduleCase {
  readonly name: string;
  /** What ran, in Python. */
  readonly reference: string;
  readonly schedule: Call;
  /** Base64 of little-endian doubles, from step 0 on. */
  readonly values: string;
  readonly closedForm?: string;
}

export interface PlateauCase {
  readonly name: string;
  readonly options: object;
  readonly lr: number;
  readonly values: string;
}

interface PlateauFile {
  readonly metrics: string;
  readonly cases: readonly PlateauCase[];
}

export const systems = ['torch', 'optax', 'transformers'] as const;

export function casesOf(system: (typeof systems)[number]): readonly ScheduleCase[] {
  return (read(system) as { readonly cases: readonly ScheduleCase[] }).cases;
}

export function plateauFile(): PlateauFile {
  return read('plateau') as PlateauFile;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`reference/schedules/${name}.json`, import.meta.url), 'utf8'));
}

export function doubles(base64: string): readonly number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}

/** The schedule that a call describes. */
export function build({ call, args }: Call): Schedule {
  const factory = schedules[call as keyof typeof schedules] as (...args: readonly unknown[]) => Schedule;
  return factory(...args.map(argument));
}

function argument(value: unknown): unknown {
  if (isCall(value)) return build(value);
  return Array.isArray(value) ? value.map(argument) : value;
}

function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'call' in value;
}
