// Why a target was missed, by its key in targets.ts: what a counter, an assembly listing or an experiment shows, not a guess.
// A miss without an entry is printed as not explained yet. The numbers are those of the run in results.json.

import type { TargetKey } from './targets.js';

const memoryVaries =
  'The speed of the memory: of the four numbers at 16 M and 64 M, on one thread and on two, each was above its target in one of ' +
  'three runs of one day on one machine and below it in another. Few rounds fit into a run at this size, and what the neighbours ' +
  'of a virtual machine take differs by more than the miss.';

export const misses: Readonly<Partial<Record<TargetKey, string>>> = {
  'divisions and roots':
    'Where the arrays happen to lie. At 32 K the share in this run is 0.962, and over 64 K elements the same step takes 0.302 ns in ' +
    'the table of growth, as long as the loop with the divisions and roots. An experiment: the kernel over 16 K elements, 400 times ' +
    'with its four arrays at random multiples of 64 KiB, at the same place within their pages, takes 0.285 ns in the median, but up to ' +
    '1.10 (AVX2: 1.58), and the same again each time at the same addresses. With different places within their pages it takes 0.44 ' +
    'at most. So it is addresses that the first cache takes for one another; arrays of a whole number of pages, one allocated ' +
    'after the other, lie so. Two runs before it had been 0.871 and 0.939.',
  'stream 64 M': memoryVaries,
  'stream 16 M, 2': memoryVaries,
  'hoisted 1 M':
    'The cache: the same step at the same size takes 0.325 ns in the table of limits of this run and 0.354 in that of its growth, ' +
    '15 to 16 times as fast as the hoisted loop, but 0.505 here, where nine subjects with arrays of their own, more than 90 MiB in all, ' +
    'take turns in 32 MiB of L3. The hoisted loop, which waits for its arithmetic, is not slower here.',
  'bound step':
    'Chance between processes: three more runs of this part alone, right after, gave 10.8, 12.1 and 7.19 calls, each with quartiles ' +
    'much closer together. 2.3 of the 10.5 are the update of the 64 elements.',
  growth:
    'The memory: 16 M takes 1.31 times as long as 64 M, and the loop that only streams takes 1.62 times as long there, too (0.874 and ' +
    '0.539 ns in the table of limits).',
};
