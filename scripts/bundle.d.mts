/** Where the bundles take the binaries from that they name, and where they go: the folders of this checkout unless named. */
interface Folders {
  readonly prebuilds?: string;
  readonly dist?: string;
}

/** Writes `dist/index.js` and the other bundles; what tsc makes must be there already. */
export function writeBundles(folders?: Folders): Promise<void>;
