'use strict';
// npm's "install" script, for a user's machine and for a clone alike.
//
// A binary that loads here: nothing to do, but in a clone, or with LOCKSTEP_BUILD_FROM_SOURCE=1. Else compile one, and keep it only
// if it loads. Else say so and succeed: lockstep then runs in TypeScript. LOCKSTEP_REQUIRE_NATIVE=1 turns that last case into a
// failure.

const { spawnSync } = require('node:child_process');
const { existsSync, rmSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');

const root = dirname(__dirname);
const build = join(root, 'build');

function run(command, args, stdio) {
  const env = { ...process.env, LOCKSTEP_PREBUILD: '' }; // this package's own binaries are meant
  return spawnSync(command, args, { cwd: root, env, stdio, timeout: 15 * 60_000, windowsHide: true });
}

/** Where cmake-js is lockstep's own dependency, as in a clone. A user's may be of any version, and download headers. */
const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
const isClone = existsSync(cmakeJs);

const compiled = join(build, 'Release', 'lockstep.node');

/**
 * The binary that lockstep takes, or an empty string. In a child, so that one that crashes while it loads cannot take the install
 * down. In a clone dist/ is missing, or older than the binary, when this runs: there the binary alone is asked.
 */
function loaded() {
  const probe = isClone
    ? 'require(process.argv[1]); console.log(process.argv[1])'
    : `const { attempts } = require("./dist/native.js").loadAddon();
       console.log(attempts.find(({ error }) => error === null)?.file ?? "")`;
  const { status, stdout } = run(process.execPath, ['-e', probe, compiled], ['ignore', 'pipe', 'ignore']);
  return status === 0 ? String(stdout).trim() : '';
}

/** By cmake-js in a clone; else by cmake with the variables that cmake-js would pass. */
function compile() {
  if (!isClone) return compileWithCmake();
  return run(process.execPath, [cmakeJs, 'compile'], 'inherit').status === 0;
}

function compileWithCmake() {
  const headers = require('node-api-headers');
  const includes = [headers.include_dir, require('node-addon-api').include_dir.replaceAll('"', '')];
  const release = join(build, 'Release');
  const configure = [
    ...['-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=Release'],
    `-DCMAKE_JS_INC=${includes.map((directory) => resolve(root, directory)).join(';')}`,
    `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${release}`,
  ];
  if (process.platform === 'win32') {
    const nodeLib = join(build, 'node.lib');
    configure.push(
      `-DCMAKE_JS_LIB=${nodeLib}`,
      `-DCMAKE_JS_NODELIB_TARGET=${nodeLib}`,
      `-DCMAKE_JS_NODELIB_DEF=${headers.def_paths.node_api_def}`,
      `-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${build}`, // multi-config generators add /Release themselves
    );
  }
  return (
    run('cmake', configure, 'inherit').status === 0 &&
    run('cmake', ['--build', build, '--config', 'Release'], 'inherit').status === 0
  );
}

function install() {
  const compileAnyway = isClone || process.env.LOCKSTEP_BUILD_FROM_SOURCE === '1'; // a clone's sources may be newer
  if (!compileAnyway && loaded() !== '') return true;
  console.log('lockstep: compiling the native binary');
  if (compile() && loaded() === compiled) return true;
  rmSync(build, { recursive: true, force: true });
  if (isClone || loaded() === '') return false;
  console.error(
    'lockstep: NOT COMPILED, which needs a C++17 compiler and CMake; the binary that came with the package serves',
  );
  return true;
}

let native = false;
let reason = 'it needs a C++17 compiler and CMake';
try {
  native = install();
} catch (error) {
  reason = error.message;
}
if (!native) {
  console.error(
    [
      '',
      `lockstep: NO NATIVE BINARY could be loaded or compiled here (${reason}).`,
      'lockstep: it works all the same, in TypeScript, with the same results, but several times slower.',
      'lockstep: install a C++ compiler and CMake and run "npm rebuild lockstep" to compile it ("npm ci" in a clone).',
      '',
    ].join('\n'),
  );
  if (process.env.LOCKSTEP_REQUIRE_NATIVE === '1') process.exitCode = 1;
}
