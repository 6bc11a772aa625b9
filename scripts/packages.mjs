// Programs from the npm registry, each pinned by its SHA-512.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from './processes.mjs';

/** The folder of a package, which is kept in `directory` for the next time. */
export async function fetchPackage({ package: name, version, sha512 }, directory) {
  const home = join(directory, `${name.replace('@', '').replace('/', '-')}-${version}`);
  if (!existsSync(home)) {
    const unpacked = mkdtempSync(join(directory, 'unpacked-'));
    await runOrThrow('npm', ['pack', `${name}@${version}`, '--pack-destination', unpacked]);
    const tarball = join(unpacked, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    const received = createHash('sha512').update(readFileSync(tarball)).digest('base64');
    if (received !== sha512)
      throw new Error(`${name}@${version} must have the SHA-512 ${sha512}, received ${received}`);
    await runOrThrow('tar', ['-xzf', tarball, '-C', unpacked]);
    renameSync(join(unpacked, 'package'), home); // last, so that what an interrupted run leaves is not taken for it
    rmSync(unpacked, { recursive: true });
  }
  return home;
}
