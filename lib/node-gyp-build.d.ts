declare module 'node-gyp-build' {
  /** What the name of a binary says of it, such as `lockstep.musl.node`. */
  interface Tags {
    readonly file: string;
    readonly libc?: string;
  }

  /** Loads the binary that fits this process from `build/Release` or `prebuilds` under `root`; throws when none does. */
  function load(root: string): unknown;

  namespace load {
    /** The path of the binary that `load` would load. */
    function resolve(root: string): string;
    function parseTags(file: string): Tags | undefined;
    function matchTags(runtime: string, abi: string): (tags: Tags | undefined) => boolean;
    function compareTags(runtime: string): (a: Tags, b: Tags) => number;
  }

  export default load;
}
