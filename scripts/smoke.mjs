// The programs in smoke/, which train with lockstep, in a project that has it installed.

import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.mjs';

/** Copies all of them. */
export function copySmoke(project) {
  const folder = join(root, 'scripts', 'smoke');
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(project, name));
}
