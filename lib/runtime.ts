// What this runtime gives lockstep, asked so that nothing throws where it gives less: a browser has no modules of Node, and
// Deno refuses variables of the environment.

interface Modules {
  'node:crypto': typeof import('node:crypto');
  'node:fs': typeof import('node:fs');
  'node:module': typeof import('node:module');
  'node:os': typeof import('node:os');
  'node:path': typeof import('node:path');
  'node:url': typeof import('node:url');
  'node:zlib': typeof import('node:zlib');
}

const runtime = globalThis as {
  readonly process?: Partial<NodeJS.Process>;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly Deno?: { readonly build?: { readonly env?: string } };
};

/** The versions of Node that `builtin` works in, as `engines` in package.json names them. */
const engines = '^20.16.0 || >=22.3.0';

/**
 * A module of Node, loaded when it is first needed. No `import` and no `require`: bundlers rewrite these, for better or worse.
 *
 * @throws Error where the runtime has no such modules
 */
export function builtin<Name extends keyof Modules>(name: Name): Modules[Name] {
  const found: unknown = runtime.process?.getBuiltinModule?.(name);
  if (found !== undefined) return found as Modules[Name];
  const node = runtime.process?.versions?.node;
  throw new Error(
    node === undefined
      ? 'this runtime has no modules of Node, which a binary is loaded by'
      : `Node ${node} has no process.getBuiltinModule, which lockstep loads its binary by: it needs Node ${engines}`,
  );
}

/** A variable of the environment, or `undefined` where it is not set or may not be read. */
export function environment(name: string): string | undefined {
  try {
    return runtime.process?.env?.[name];
  } catch {
    return undefined;
  }
}

/** How many threads this machine can run at the same time, or 1 where that is not told. */
export function parallelism(): number {
  try {
    return builtin('node:os').availableParallelism();
  } catch {
    return runtime.navigator?.hardwareConcurrency ?? 1; // Deno tells it without a permission
  }
}

export function isDeno(): boolean {
  return runtime.Deno !== undefined;
}

/** The C library that Deno was built for, or `undefined` elsewhere. It lets no program read what is mapped into the process. */
export function denoLibc(): 'glibc' | 'musl' | undefined {
  const env = runtime.Deno?.build?.env;
  if (env === 'musl') return 'musl';
  return env === 'gnu' ? 'glibc' : undefined;
}

/** A warning of Node, where there are such. A browser has no binary to miss. */
export function warn(message: string, code: string): void {
  try {
    runtime.process?.emitWarning?.(message, { code });
  } catch {
    // a warning that may not be given must not end the program
  }
}
