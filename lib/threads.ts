// How many threads a step uses.

import { describe, rangeError } from './errors.js';
import { builtin, environment, parallelism } from './runtime.js';

/**
 * Elements that are worth a thread of their own: below, the help costs more than it brings. Measured with other work between the
 * steps, as there is in a training: helpers sleep then, and to be woken takes longer than their share of a small step.
 */
const elementsPerThread = 2 ** 17;

/** As many threads as a step over so many elements is worth, of those that there are. */
export function worthwhileThreads(elements: number, available = availableThreads()): number {
  return Math.max(1, Math.min(available, Math.floor(elements / elementsPerThread)));
}

let available: number | undefined;

/**
 * How many threads a step may use: `LOCKSTEP_THREADS`, else the cores that the process may run on, and no more than its
 * control group lets it use.
 *
 * @throws RangeError `ERR_INVALID_OPTION` for a `LOCKSTEP_THREADS` that is no integer >= 1
 */
export function availableThreads(): number {
  available ??= forcedThreads() ?? Math.max(1, Math.min(parallelism(), Math.ceil(cpuQuota('/'))));
  return available;
}

function forcedThreads(): number | undefined {
  const forced = environment('LOCKSTEP_THREADS');
  if (!forced) return undefined;
  if (/^[1-9]\d{0,5}$/.test(forced)) return Number(forced);
  throw rangeError('ERR_INVALID_OPTION', `LOCKSTEP_THREADS must be an integer >= 1, received ${describe(forced)}`);
}

/** How many CPUs the control group of the process may use, of version 2 or 1; Infinity where nothing says so. */
export function cpuQuota(root: string): number {
  const read = (path: string) => {
    try {
      return builtin('node:fs').readFileSync(`${root}${path}`, 'utf8').trim();
    } catch {
      return '';
    }
  };
  const membership = read('proc/self/cgroup');
  const [group = ''] = membership.match(/(?<=^0::\/).*/m) ?? [];
  const quotas = ancestors(group).map((path) => {
    const [quota, period] = read(`sys/fs/cgroup/${path}cpu.max`).split(' ');
    return share(Number(quota), Number(period));
  });
  const [oldGroup = ''] = membership.match(/(?<=^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:\/).*/m) ?? [];
  const oldQuotas = ancestors(oldGroup).map((path) => {
    const of = (name: string) => Number(read(`sys/fs/cgroup/cpu/${path}cpu.cfs_${name}_us`));
    return share(of('quota'), of('period'));
  });
  return Math.min(...quotas, ...oldQuotas);
}

function share(quota: number, period: number): number {
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

/** `a/b` as `a/b/`, `a/` and the empty path. */
function ancestors(group: string): readonly string[] {
  const parts = group.split('/').filter(Boolean);
  return parts.map((_, k) => `${parts.slice(0, parts.length - k).join('/')}/`).concat('');
}
