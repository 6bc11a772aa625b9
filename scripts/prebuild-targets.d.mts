/** A platform that the package carries a binary for. */
export interface Target {
  readonly name: string;
  readonly platform: 'darwin' | 'linux' | 'win32';
  readonly arch: 'arm64' | 'x64';
  readonly libc?: 'glibc' | 'musl';
  /** Its path below prebuilds/. */
  readonly file: string;
}

export const targets: readonly Target[];
