// Why a target was missed, by its key in targets.ts: what a counter, an assembly listing or an experiment shows, not a guess.
// A miss without an entry is printed as not explained yet.

import type { TargetKey } from './targets.js';

export const misses: Readonly<Partial<Record<TargetKey, string>>> = {};
