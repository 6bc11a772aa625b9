// Why a target was missed, by its key in targets.ts: what a counter, an assembly listing or an experiment shows, not a guess.
// A miss without an entry is printed as not explained yet. The numbers are those of the run in results.json.

import type { TargetKey } from './targets.js';

const memoryVaries =
  'The speed of the memory: at 16 M the same code reached 1.16 and 1.07 in this run, and at 64 M a run an hour before, on the ' +
  'same machine, had reached 1.04 (1.00–1.16) on one thread and 1.06 (0.968–1.11) on two. Few rounds fit into a run at this ' +
  'size, and what the neighbours of a virtual machine take differs more between two of them than the miss is large.';

export const misses: Readonly<Partial<Record<TargetKey, string>>> = {
  'divisions and roots':
    'At 1 K, where all is in the first cache, the share in this run is 0.952 (0.937–0.965), at 4 K 0.946: so much is left when ' +
    'nothing but the arithmetic beside the divider is in the way. What the rest is, is not known: ' +
    'four arrays of 64 K are the whole of an L2 of 1 MiB, but half as many elements reached less in this run, 0.839, and another ' +
    'place in memory changes both by more than the miss (0.871 at 64 K in the run before).',
  'stream 64 M': memoryVaries,
  'stream 64 M, 2': memoryVaries,
  'hoisted 1 M':
    'The cache: the same step at the same size takes 0.349 ns in the table of limits of this run and 0.365 in that of its growth, ' +
    '14 to 15 times as fast as the hoisted loop, but 0.554 here, where nine subjects with arrays of their own, more than 90 MiB in all, take ' +
    'turns in 32 MiB of L3. The loop that streams is slower here by a quarter, too (0.352 and 0.278 ns); the hoisted loop, which ' +
    'waits for its arithmetic, is not.',
};
