declare module 'node-gyp-build' {
  /** Loads the binary that fits this process from `build/Release` or `prebuilds` under `root`; throws when none does. */
  export default function load(root: string): unknown;
}
