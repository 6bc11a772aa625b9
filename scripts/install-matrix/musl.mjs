// What a system with musl has and this one lacks: a libstdc++ for it, and on arm64 musl itself.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runOrThrow } from '../processes.mjs';

const architectures = {
  x64: { compiler: 'gcc', program: 'bunMusl' },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', program: 'bunMuslArm64' },
};

/** Debian's musl for arm64, laid out in `sysroot`. apt keeps lists of its own: this machine's architecture stays one. */
async function unpackMusl(directory, sysroot) {
  const state = join(directory, 'apt');
  for (const path of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, path), { recursive: true });
  writeFileSync(join(state, 'status'), '');
  const options = {
    'APT::Architecture': 'arm64',
    'APT::Architectures': 'arm64',
    'APT::Sandbox::User': 'root',
    'Dir::State': state,
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
  };
  const apt = ['-qq', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
  await runOrThrow('apt-get', [...apt, 'update']);
  await runOrThrow('apt-get', [...apt, 'download', 'musl'], { cwd: state });
  await runOrThrow('sh', ['-c', `dpkg-deb -x ${join(state, 'musl_*.deb')} ${sysroot}`]);
}

/** libstdc++.so.6 with all of it that the program asks for, from the archive that Debian has for such purposes. */
async function linkLibstdcxx(compiler, program, output) {
  const symbols = (await runOrThrow('nm', ['-D', '-f', 'posix', program]))
    .split('\n')
    .map((line) => line.split(' ')[0]);
  const wanted = symbols.filter((symbol) => symbol.startsWith('_')).map((symbol) => `-Wl,-u,${symbol}`);
  const archive = (await runOrThrow(compiler, ['-print-file-name=libstdc++_pic.a'])).trim();
  const responses = `${output}.options`;
  writeFileSync(responses, wanted.join('\n'));
  await runOrThrow(compiler, [
    ...['-shared', '-nostdlib', '-O2', '-fPIC', '-Wl,-soname,libstdc++.so.6', '-o', output],
    ...[join(root, '.ci/musl/libstdcxx.c'), `@${responses}`, archive, '-lgcc_eh', '-lgcc'],
  ]);
}

/** Makes them anew in `directory`, and answers where they are. `fetchProgram` brings Bun, which they are made for. */
export async function muslLibraries(arch, directory, fetchProgram) {
  const { compiler, program } = architectures[arch];
  const libraries = join(directory, 'lib');
  const sysroot = join(directory, 'sysroot');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(libraries, { recursive: true });
  if (arch === 'arm64') await unpackMusl(directory, sysroot);
  await linkLibstdcxx(compiler, await fetchProgram(program), join(libraries, 'libstdc++.so.6'));
  return { sysroot, libraries };
}
