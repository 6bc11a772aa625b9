import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runParity, summary } from './parity.js';

/** What this CPU must be able to run, asked of the operating system and not of lockstep. */
function expectedBackends(): readonly string[] {
  if (process.arch === 'arm64') return ['neon', 'scalar', 'typescript'];
  const baseline = [...(process.arch === 'x64' ? ['sse2'] : []), 'scalar', 'typescript'];
  if (process.platform !== 'linux') return baseline;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].trim().split(' '));
  const vector = [flags.has('avx512f') && 'avx512', flags.has('avx2') && 'avx2'].filter((name) => name !== false);
  return [...vector, ...baseline];
}

/** A minute or two on an idle machine; many times as long on one that is busy with other things. */
const timeout = 1_800_000;

test('every backend writes the same bits', { timeout }, () => {
  const parity = runParity();
  console.log(summary(parity));
  expect(parity.backends).toEqual(expect.arrayContaining([...expectedBackends()]));
  expect(parity.differences).toEqual([]);
  expect(parity.differing).toBe(0);
  expect(parity.comparisons).toBeGreaterThan(1e5);
});
