// The version of the package, for the commands that no bundle holds (where.ts has it for the others).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function installedVersion(): string {
  const manifest = readFileSync(join(__dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
