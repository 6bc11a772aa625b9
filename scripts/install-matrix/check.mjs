// What every run of the matrix must hold.

/** What lockstep warns of where it runs in TypeScript for want of a binary. */
const warning = /lockstep runs in TypeScript/g;

/** Throws for an error that is not the one that was expected; answers with the line that says it. */
function checkError(loadError, { status, output }) {
  if (status === 0 || !loadError.test(output)) throw new Error(`expected an error with ${loadError}, found: ${output}`);
  const line = output
    .trim()
    .split('\n')
    .find((line) => loadError.test(line));
  return { runtime: '-', backend: 'error', loadError: line };
}

/**
 * Throws unless a program did what was expected; answers with what it printed.
 *
 * @param expected `platform`, `expect`: the backend or 'error'; `loadError`: null, or a pattern of what `backend().loadError` must
 *   say, or several, all of which it must
 */
export function check({ platform, expect, loadError = null }, { status, stdout, output }) {
  if (expect === 'error') return checkError(loadError, { status, output });
  if (status !== 0) throw new Error(`the program ended with ${status}: ${output}`);
  const found = JSON.parse(stdout);
  const system = platform.replace('-musl', '');
  if (found.system !== system) throw new Error(`expected to run on ${system}, ran on ${found.system}`);
  if (found.backend !== expect) throw new Error(`expected ${expect}, ran ${found.backend}: ${found.loadError}`);
  if (loadError === null && found.loadError !== null)
    throw new Error(`expected no loadError, found ${found.loadError}`);
  for (const pattern of loadError === null ? [] : [loadError].flat()) {
    if (found.loadError === null || !pattern.test(found.loadError))
      throw new Error(`expected the loadError ${pattern}, found ${found.loadError}`);
  }
  const warnings = output.match(warning)?.length ?? 0;
  if (warnings !== (loadError === null ? 0 : 1)) throw new Error(`warned ${warnings} times of TypeScript: ${output}`);
  return found;
}
