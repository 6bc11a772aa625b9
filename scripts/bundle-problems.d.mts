/** What does not fit together of the bundles and the binaries in the folder of a package, in sentences. */
export function bundleProblems(folder: string): readonly string[];
