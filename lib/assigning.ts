// What to do instead of assigning something to an optimizer or to what it answers with.

import type { Definition } from './definition.js';
import { pipelineOptions } from './pipeline.js';

export const arraysHint = 'fill the arrays instead, as in array.set(values)';

/** By the name of what was assigned. */
export const hints = {
  backend: 'choose it when the optimizer is made, by the option backend',
  groups: 'set options of a group, as in optimizer.groups[0].lr = 0.1, or call addGroup',
  pipeline: 'set its options, as in optimizer.pipeline.clipNorm = 1',
  steps: 'steps are counted by step',
  state: `only steps write it, and this version cannot load saved state; ${arraysHint}`,
  averages: arraysHint,
};

/** Where on an optimizer each option can be set, as the rest of a sentence. */
export function placesOf<O extends object>({ options }: Definition<O>): Readonly<Record<string, string>> {
  const settableOn = (place: string, names: object) =>
    Object.keys(names).map((name) => [name, `set optimizer.${place}.${name}`] as const);
  return Object.fromEntries([
    ['threads', 'it is fixed when the optimizer is made'],
    ...settableOn('pipeline', pipelineOptions),
    ...settableOn('groups[0]', options),
  ]);
}
