// The platforms that the package carries a binary for. The file stands where node-gyp-build looks, below prebuilds/.

const zig = (zigTarget) => ({ file: 'zig.cmake', zigTarget });
const oldGlibc = ['--CDLOCKSTEP_OLD_GLIBC=ON'];

/** Without a toolchain: built by its own kind of machine alone, with the compiler that is there. */
export const targets = [
  { name: 'linux-x64', platform: 'linux', arch: 'x64', libc: 'glibc', options: oldGlibc },
  {
    ...{ name: 'linux-arm64', platform: 'linux', arch: 'arm64', libc: 'glibc', options: oldGlibc },
    toolchain: { file: 'linux-arm64.cmake', programs: { 'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu' } },
  },
  { name: 'linux-x64-musl', platform: 'linux', arch: 'x64', libc: 'musl', toolchain: zig('x86_64-linux-musl') },
  { name: 'linux-arm64-musl', platform: 'linux', arch: 'arm64', libc: 'musl', toolchain: zig('aarch64-linux-musl') },
  {
    ...{ name: 'win32-x64', platform: 'win32', arch: 'x64' },
    toolchain: { file: 'win32-x64.cmake', programs: { 'x86_64-w64-mingw32-g++-posix': 'g++-mingw-w64-x86-64-posix' } },
  },
  { name: 'win32-arm64', platform: 'win32', arch: 'arm64', toolchain: zig('aarch64-windows-gnu') },
  { name: 'darwin-x64', platform: 'darwin', arch: 'x64', toolchain: zig('x86_64-macos.11.0') },
  { name: 'darwin-arm64', platform: 'darwin', arch: 'arm64', toolchain: zig('aarch64-macos.11.0') },
].map((target) => ({ ...target, file: fileOf(target) }));

function fileOf({ platform, arch, libc }) {
  return `${platform}-${arch}/${['lockstep', libc, 'node'].filter(Boolean).join('.')}`;
}
