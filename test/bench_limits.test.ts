// The limits of `npm run bench` are limits only where the compiler kept their loops tight: it is asked what it made of them.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'lockstep-limits-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Two cache lines of f32, in registers of eight. */
const registers = 4;

function loops(): ReadonlyMap<string, readonly string[]> {
  const object = join(directory, 'limits.o');
  const bench = fileURLToPath(new URL('../bench/', import.meta.url));
  const flags = ['-std=c++17', '-O3', '-DNDEBUG', '-fPIC', '-fno-exceptions', '-fno-rtti', '-mavx2'];
  const lanes = ['-DLIMITS_ISA=avx2', '-DLIMITS_LANES="../src/simd/avx2.h"'];
  execFileSync('c++', [...flags, ...lanes, '-c', 'limits.cpp', '-o', object], { cwd: bench });
  const text = execFileSync('objdump', ['-d', '--no-show-raw-insn', '-C', object], { encoding: 'utf8' });
  const functions = text.split(/\n\n/).flatMap((part): (readonly [string, readonly string[]])[] => {
    const name = /^[0-9a-f]+ <(?:void )?(.*)>:\n/m.exec(part)?.[1];
    return name === undefined
      ? []
      : [[name.replaceAll('limits::(anonymous namespace)::', ''), part.split('\n').slice(1)]];
  });
  return new Map(functions);
}

const runs = process.platform === 'linux' && process.arch === 'x64';
if (!runs) {
  console.warn('test/bench_limits.test.ts: NOT RUN: it reads the machine code of Linux x64');
  test.runIf(process.env.CI)('the machine code of the limits', () => expect.fail('it cannot be read here'));
}

test.runIf(runs)('each loop has the operations that it names, of whole registers, and none beside them', () => {
  const found = loops();
  for (const [name, divisions] of [
    ['loop<3ul, Nothing, false>', 0],
    ['loop<3ul, Nothing, true>', 0],
    ['loop<3ul, DivRoot, false>', registers],
  ] as const) {
    const lines = [...found].find(([signature]) => signature.startsWith(name))?.[1];
    if (lines === undefined) throw new Error(`${name} is not in the object`);
    const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
    expect(count(/vdivps .*ymm/), name).toBe(divisions);
    expect(count(/vsqrtps .*ymm/), name).toBe(divisions);
    expect(count(/vmovups \S*\(.*\),%ymm/), name).toBe(4 * registers);
    expect(count(/vmovups %ymm\d+,\S*\(/), name).toBe(3 * registers);
    expect(count(/%rsp|xmm|call/), name).toBe(0);
  }
});
