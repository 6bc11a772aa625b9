// What to do where no binary was loaded, told by what was in the way.

import { packageFolder } from './places.js';
import { environment, isDeno } from './runtime.js';

const signed =
  'if a packager signed or patched it, name it by LOCKSTEP_BINARY or useBinary, which do not ask for its checksum';

/** Each names a kind of obstacle by the words that the operating system, the runtime or lockstep has for it. */
const known: readonly (readonly [sign: RegExp, remedy: string])[] = [
  [
    /checksum of .*build[\\/]Release[\\/]lockstep\.node must|\.sha256 must list/,
    `The binary is not as it was compiled: ${signed}; else compile it anew: npx lockstep build (npm run build in a clone).`,
  ],
  [
    /checksum/,
    `The binary is not the one that was published with this version: ${signed}; if npx lockstep copy or npx lockstep embed wrote it, run that command again; else install lockstep anew (remove node_modules/lockstep, then npm install).`,
  ],
  [/--no-addons/, 'Run Node without --no-addons.'],
  [
    /failed to map segment|noexec/i,
    'The file lies on a file system that is mounted noexec, or below a limit of memory: put it where programs may be run, and name it by LOCKSTEP_BINARY. A compiler does not help.',
  ],
  [/getBuiltinModule/, 'Run a Node that has it.'],
  [/permission model|ERR_ACCESS_DENIED|restricted/, 'Run Node with --allow-addons --allow-fs-read=*.'],
  [
    /EACCES|EPERM|permission denied|not permitted/i,
    'Give the user that runs the program the permission to read the file.',
  ],
  [/another version/, 'Compile the binary anew: npx lockstep build (npm run build in a clone).'],
];

const compile =
  'npx lockstep build compiles one for this system: it needs a C++17 compiler and CMake (npm run build in a clone).';

/** Of an error that came while a binary was loaded, if it is of a kind that is known. */
function remedyFor(error: string): string | undefined {
  if (isDeno() && /allow-|NotCapable|permission/i.test(error)) return 'Run Deno with --allow-read --allow-ffi.';
  return known.find(([sign]) => sign.test(error))?.[1];
}

/**
 * Where no file was found.
 *
 * @param carries whether the package has a binary for this system
 */
function remedyForNone(carries: boolean): string {
  if (packageFolder() === undefined) {
    return 'If lockstep was bundled, keep it external and deploy node_modules, or run npx lockstep copy FOLDER with the folder of the bundle, or embed the binary: npx lockstep embed.';
  }
  if (carries) return 'Deploy the folder prebuilds of the package with it, or install lockstep anew.';
  return compile;
}

/**
 * What to do, in sentences.
 *
 * @param errors of the binaries that were there
 * @param carries whether the package has a binary for this system
 */
export function remedies(errors: readonly string[], carries: boolean): readonly string[] {
  if (environment('LOCKSTEP_BINARY')) return [];
  const found = errors.map(remedyFor).filter((remedy) => remedy !== undefined);
  if (found.length === 0) found.push(errors.length === 0 ? remedyForNone(carries) : compile);
  if (environment('LOCKSTEP_PREBUILD')) {
    found.push(
      'Only the directory that LOCKSTEP_PREBUILD names is looked at: unset it, or name one with build/Release or prebuilds.',
    );
  }
  return [...new Set(found)];
}
