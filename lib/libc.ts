// For which system a binary has to be: the platform, the CPU's architecture, and on Linux the C library.

import { builtin, denoLibc, environment } from './runtime.js';

/** C libraries of Linux; elsewhere there is nothing to choose. */
export type Libc = 'glibc' | 'musl' | null;

/** The C library among the files that are mapped into a process, of the text of /proc/self/maps. */
export function libcIn(maps: string): 'glibc' | 'musl' {
  // Distributions name it after the loader, after itself, or just libc.so, which glibc's never is.
  return /\/(?:ld-musl-[^/\n]*|libc\.musl-[^/\n]*|libc\.so)$/m.test(maps) ? 'musl' : 'glibc';
}

/** Which C library this process runs on, by what is mapped into it. `LIBC` decides where it is set, as in node-gyp-build. */
export function libc(): Libc {
  if (process.platform !== 'linux') return null;
  const given = environment('LIBC');
  if (given === 'glibc' || given === 'musl') return given;
  const toldByDeno = denoLibc();
  if (toldByDeno !== undefined) return toldByDeno;
  try {
    return libcIn(builtin('node:fs').readFileSync('/proc/self/maps', 'utf8'));
  } catch {
    // It may not be read, as under Node's permission model. Node itself knows whether it runs on glibc.
    const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  }
}

/** The system that this process runs on. */
export interface System {
  /** Such as `linux-x64-glibc` or `darwin-arm64`: the key of a binary in `sums`, in `copy` and in `embed`. */
  readonly key: string;
  /** Its binary below a folder `prebuilds`, such as `linux-x64/lockstep.glibc.node`. */
  readonly file: string;
  /** For messages, such as `linux x64 glibc`. */
  readonly name: string;
}

export function system(): System {
  const { platform, arch } = process;
  const parts = [platform, arch, libc()].filter((part) => part !== null);
  return { key: parts.join('-'), file: fileOf(parts.join('-')), name: parts.join(' ') };
}

/** `linux-x64/lockstep.glibc.node` of `linux-x64-glibc`, and `darwin-x64/lockstep.node` of `darwin-x64`. */
export function fileOf(key: string): string {
  const [platform, arch, ...tags] = key.split('-');
  return `${platform}-${arch}/${['lockstep', ...tags, 'node'].join('.')}`;
}
