// npx lockstep build: compiles the binary where the package lies, and keeps it only if it loads.

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { compiledFile, folder } from './carried.js';
import { CommandError, runCommand } from './command.js';

const usage = `npx lockstep build [--optional]

Compiles a binary for this system in the folder of the package, from the C++ sources in it; lockstep then loads that one. It
needs a C++17 compiler and CMake, and downloads nothing.

  --optional  ends with 0 where it cannot, and says so
`;

const directory = join(folder, 'build');

/** Where cmake-js is lockstep's own dependency, as in a clone. A user's may be of any version, and download headers. */
const cmakeJs = join(folder, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
const isClone = existsSync(cmakeJs);

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: folder, timeout: 15 * 60_000, windowsHide: true, stdio: 'inherit' } as const;
  return spawnSync(command, args, { ...options, env: { ...process.env, ...env } }).status === 0;
}

/** By cmake with the variables that cmake-js would pass. */
function compileWithCmake(): boolean {
  const require = createRequire(__filename);
  const headers = require('node-api-headers') as { include_dir: string; def_paths: { node_api_def: string } };
  const { include_dir } = require('node-addon-api') as { include_dir: string };
  const includes = [headers.include_dir, include_dir.replaceAll('"', '')];
  const configure = [
    ...['-S', folder, '-B', directory, '-DCMAKE_BUILD_TYPE=Release'],
    `-DCMAKE_JS_INC=${includes.map((include) => resolve(include)).join(';')}`,
    `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(directory, 'Release')}`,
  ];
  if (process.platform === 'win32') {
    const nodeLib = join(directory, 'node.lib');
    configure.push(
      `-DCMAKE_JS_LIB=${nodeLib}`,
      `-DCMAKE_JS_NODELIB_TARGET=${nodeLib}`,
      `-DCMAKE_JS_NODELIB_DEF=${headers.def_paths.node_api_def}`,
      `-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${directory}`, // multi-config generators add /Release themselves
    );
  }
  return run('cmake', configure) && run('cmake', ['--build', directory, '--config', 'Release']);
}

/** In a process of its own, so that a binary that crashes while it loads does not end this one. */
function loads(): boolean {
  const program = "require('./dist/index.js').useBinary(process.argv[1])";
  return run(process.execPath, ['-e', program, compiledFile]);
}

function compile(): void {
  const compiled = isClone ? run(process.execPath, [cmakeJs, 'compile']) : compileWithCmake();
  if (compiled && loads()) return;
  for (const end of ['', '.sha256']) rmSync(compiledFile + end, { force: true });
  if (!isClone) rmSync(directory, { recursive: true, force: true });
  throw new CommandError(
    compiled
      ? 'the binary was compiled, but it does not load'
      : 'NOT COMPILED: it needs a C++17 compiler and CMake; install them and call npx lockstep build again (npm run build in a clone)',
  );
}

/** Runs the command, and answers with its exit code. */
export function build(args: readonly string[]): Promise<number> {
  return runCommand({ usage, flags: ['optional'], most: 0 }, args, ({ flags }) => {
    try {
      compile();
    } catch (error) {
      if (!flags.has('optional')) throw error;
      process.stderr.write(`lockstep: ${error instanceof Error ? error.message : error}\n`);
      process.stderr.write('lockstep runs without it in TypeScript, with the same results, several times slower\n');
    }
    return 0;
  });
}
