#!/usr/bin/env node
'use strict';
// What prebuildify takes for node-gyp: `rebuild --target=… --devdir=… --arch=x64 --release`. cmake-js does it, with the
// arguments that scripts/prebuild.mjs leaves in LOCKSTEP_CMAKE_JS.

const { spawnSync } = require('node:child_process');
const { dirname } = require('node:path');

const arch = process.argv.find((argument) => argument.startsWith('--arch='))?.slice('--arch='.length) ?? process.arch;
const more = JSON.parse(process.env.LOCKSTEP_CMAKE_JS ?? '[]');
const { status } = spawnSync(
  process.execPath,
  [require.resolve('cmake-js/bin/cmake-js'), 'rebuild', '--arch', arch, ...more],
  { cwd: dirname(__dirname), stdio: 'inherit' },
);
process.exitCode = status ?? 1;
