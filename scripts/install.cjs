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
  return spawnSync(command, args, { cwd: root, stdio, timeout: 15 * 60_000, windowsHide: true });
}

/**
 * Whether lockstep finds a binary that it can use. In a child, so that one that crashes while it loads cannot take the
 * install down. A clone has nothing but the binary yet when this runs for the first time.
 */
function loads() {
  const loader = join(root, 'dist', 'native.js');
  const probe = existsSync(loader)
    ? 'const { loadError } = require(process.argv[1]).loadAddon(); if (loadError !== null) throw loadError;'
    : 'require("node-gyp-build")(process.argv[1]);';
  const subject = existsSync(loader) ? loader : root;
  return run(process.execPath, ['-e', probe, subject], ['ignore', 'ignore', 'pipe']).status === 0;
}

/** Where cmake-js is lockstep's own dependency, as in a clone. A user's may be of any version, and download headers. */
const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
const isClone = existsSync(cmakeJs);

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
  if (!compileAnyway && loads()) return true;
  console.log('lockstep: compiling the native binary');
  if (compile() && loads()) return true;
  rmSync(build, { recursive: true, force: true });
  return loads(); // the one that came with the package, where it was not to be used
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
