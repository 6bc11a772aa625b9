// What the compiler made of the kernels: the object files of src/isa, read symbol by symbol and instruction by
// instruction. It holds for instruction sets that this machine cannot run too.
//
// LOCKSTEP_OBJECTS names one more build directory to look at, such as one for another CPU.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { build, buildTimeout, canBuild, cannotTest, root, runOrThrow } from './native-build.js';

interface Rule {
  readonly why: string;
  /** The instruction sets it binds. Without, all. */
  readonly isas?: readonly string[];
  /** Tried on an instruction as objdump prints it: mnemonic, blanks, operands. */
  readonly forbidden: RegExp;
}

const rules: readonly Rule[] = [
  {
    why: 'a fused multiply-add rounds once where the contract rounds twice',
    forbidden: /^(v4?fn?m(add|sub)|fn?m(add?|sub|sb|l[as]l?2?)\b|fcmla\b|bfmla|bfmmla)/,
  },
  {
    why: 'an approximation is not correctly rounded',
    forbidden: /^(v?rcp|v?rsqrt|frecp|frsqrt|urecpe|ursqrte)/,
  },
  {
    why: 'a kernel must round to nearest and leave the floating-point state alone',
    forbidden: /^(v?ldmxcsr|fldcw|msr)\b|\{r[duz]-sae\}/,
  },
  { why: 'it must run on every x64 CPU: no AVX', isas: ['sse2', 'scalar'], forbidden: /^v|%[yz]mm|%k[0-7]/ },
  {
    why: 'it must run on every x64 CPU: nothing that came after SSE2',
    isas: ['sse2', 'scalar'],
    forbidden:
      /^(addsub|h(add|sub)p|lddqu|mov(d|sh|sl)dup|p?blend|round[ps]|dpp|insertps|extractps|p(extr|insr)[bdq]|pmov[sz]x|ptest|pshufb|psign|palignr|pabs|pmulld|pm(ax|in)(s[bd]|u[wd])|packusdw|pcmp(eq|gt)q|pcmp[ei]str|popcnt|[lt]zcnt|crc32)/,
  },
  {
    why: 'scalar is the reference: one element at a time',
    isas: ['scalar'],
    forbidden: /^((add|sub|mul|div|sqrt)p[sd]\b|f(add|sub|mul|div|sqrt)\s+v\d+\.[248])/,
  },
  { why: 'avx2 must run without AVX-512', isas: ['avx2'], forbidden: /%zmm|%[xy]mm(1[6-9]|2\d|3[01])|%k[0-7]/ },
];

/** Calls that a compiler makes up by itself. Anything else, such as fma(), would do arithmetic out of sight. */
const allowedUndefined = new Set(['_GLOBAL_OFFSET_TABLE_', '__stack_chk_fail', 'memcpy', 'memmove', 'memset']);

const machines: Readonly<Record<number, { arch: string; prefix: string; isas: readonly string[] }>> = {
  62: { arch: 'x64', prefix: 'x86_64-linux-gnu-', isas: ['avx2', 'avx512', 'scalar', 'sse2'] },
  183: { arch: 'arm64', prefix: 'aarch64-linux-gnu-', isas: ['neon', 'scalar'] },
};

function machineOf(object: string) {
  const header = readFileSync(object);
  const machine = header.toString('latin1', 1, 4) === 'ELF' ? machines[header.readUInt16LE(18)] : undefined;
  if (machine === undefined) throw new Error(`${object} is not an ELF object for x64 or arm64`);
  return { ...machine, tools: machine.arch === process.arch ? '' : machine.prefix };
}

function isaOf(object: string): string {
  return basename(object).split('.')[0];
}

function isaObjectsIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => /lockstep_kernels\.dir\/src\/isa\/[^/]+\.o$/.test(file))
    .map((file) => join(directory, file))
    .sort();
}

async function symbolProblems(object: string, tools: string): Promise<string[]> {
  const table = `lockstep::isa::${isaOf(object)}`;
  const problems: string[] = [];
  let found = false;
  for (const line of (await runOrThrow(`${tools}nm`, ['-C', object])).split('\n')) {
    const [, kind, name] = /^[0-9a-f ]* ([A-Za-z?-]) (.*)$/.exec(line) ?? [];
    if (kind === undefined) continue;
    if (name === table) {
      found = true;
      if (!'DR'.includes(kind)) problems.push(`symbol ${name} is of kind ${kind}: a table must be constant data`);
    } else if (/[WwVvui]/.test(kind)) {
      problems.push(`symbol ${name} is weak (${kind}): the linker may run it on a CPU without ${isaOf(object)}`);
    } else if (name.includes('_GLOBAL__sub_I')) {
      problems.push(`symbol ${name} runs while the addon loads, on any CPU`);
    } else if (kind === 'U') {
      if (!allowedUndefined.has(name)) problems.push(`symbol ${name} is called, and lies outside of the unit`);
    } else if (kind === kind.toUpperCase()) {
      problems.push(`symbol ${name} is global (${kind}): only ${table} may be`);
    }
  }
  if (!found) problems.push(`symbol ${table} is missing`);
  return problems;
}

async function sectionProblems(object: string, tools: string): Promise<string[]> {
  const sections = await runOrThrow(`${tools}readelf`, ['-SW', object]);
  return [...sections.matchAll(/^ *\[ *\d+\] (\S+) +(\S+)/gm)]
    .filter(([, name, type]) => /^\.(preinit_array|init|fini|ctors|dtors)/.test(name) || type === 'GROUP')
    .map(([, name, type]) => `section ${name} (${type}) is an initializer or is shared with other units`);
}

interface Code {
  readonly functions: number;
  readonly instructions: number;
  readonly problems: readonly string[];
}

async function inspectCode(object: string, tools: string): Promise<Code> {
  const isa = isaOf(object);
  const binding = rules.filter(({ isas }) => isas === undefined || isas.includes(isa));
  const listing = await runOrThrow(`${tools}objdump`, ['-d', '-C', '--no-show-raw-insn', object]);
  /** The first instruction of each function that a rule forbids, and how many more there are. */
  const found = new Map<string, { instruction: string; more: number }>();
  /** The rule and registers of each sweep, and whether it asks for lines ahead: GCC has removed that once. */
  const asksAhead = new Map<string, boolean>();
  let symbol = '';
  let sweep: string | undefined;
  let functions = 0;
  let instructions = 0;
  for (const line of listing.split('\n')) {
    const start = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (start !== null) {
      symbol = start[1];
      sweep = /::sweep\w*<(?:true, |false, )?(.*?::Vec<(?:float|double)>)/.exec(symbol)?.[1];
      if (sweep !== undefined && isa !== 'scalar') asksAhead.set(sweep, asksAhead.get(sweep) ?? false);
      functions++;
      continue;
    }
    const instruction = /^ *[0-9a-f]+:\t(.*)$/.exec(line)?.[1].trim();
    if (instruction === undefined) continue;
    instructions++;
    if (asksAhead.has(sweep ?? '') && /^(prefetch|prfm\b)/.test(instruction)) asksAhead.set(sweep ?? '', true);
    for (const { forbidden, why } of binding) {
      if (!forbidden.test(instruction)) continue;
      const key = `${symbol}: ${why}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { instruction: instruction.replaceAll(/\s+/g, ' '), more: 0 });
      else known.more++;
    }
  }
  const problems = [...found].map(
    ([key, { instruction, more }]) => `"${instruction}"${more > 0 ? ` and ${more} more` : ''} in ${key}`,
  );
  if (isa !== 'scalar' && asksAhead.size === 0) problems.push('no sweep was found');
  problems.push(...[...asksAhead].filter(([, does]) => !does).map(([name]) => `no prefetch in the sweep of ${name}`));
  return { functions, instructions, problems };
}

async function check(objects: readonly string[]): Promise<void> {
  expect(objects, 'no object files of src/isa').not.toEqual([]);
  const { isas, tools } = machineOf(objects[0]);
  expect(objects.map(isaOf)).toEqual(isas);

  const problems: string[] = [];
  for (const object of objects) {
    const code = await inspectCode(object, tools);
    const own = [...(await symbolProblems(object, tools)), ...(await sectionProblems(object, tools)), ...code.problems];
    const name = relative(root, object);
    console.log(
      `${name}: ${code.functions} functions, ${code.instructions} instructions, ${own.length} problems (${machineOf(object).arch})`,
    );
    expect(code.instructions, `${name}: objdump must show code`).toBeGreaterThan(0);
    problems.push(...own.map((problem) => `${name}: ${problem}`));
  }
  expect(problems, problems.join('\n')).toEqual([]);
}

const onLinux = process.platform === 'linux';
if (!onLinux) console.warn('Object files NOT TESTED: they are read with the tools of Linux');
const ready = onLinux && (await canBuild('Object files', ['nm', 'readelf', 'objdump']));

describe.skipIf(!ready)('the object files of src/isa', () => {
  test.for(['Release', 'Debug'] as const)('%s', { timeout: buildTimeout }, async (type) => {
    const directory = `objects-${type.toLowerCase()}`;
    await check(isaObjectsIn(await build({ directory, type, target: 'lockstep_kernels' })));
  });

  const inAddon = join(root, 'build', 'CMakeFiles');
  test.skipIf(!existsSync(inAddon))('in the addon', async () => {
    await check(isaObjectsIn(inAddon));
  });

  // Compiled by clang for musl, where those above are GCC's.
  for (const name of ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl']) {
    const prebuild = join(root, 'build', 'prebuild', name, 'build');
    test.skipIf(!existsSync(prebuild))(`in the prebuilt binary for ${name}`, async () => {
      await check(isaObjectsIn(prebuild));
    });
  }

  test.skipIf(!process.env.LOCKSTEP_OBJECTS)('in LOCKSTEP_OBJECTS', async () => {
    await check(isaObjectsIn(process.env.LOCKSTEP_OBJECTS ?? ''));
  });
});

describe.skipIf(!ready)('the addon', () => {
  const addon = join(root, 'build', 'Release', 'lockstep.node');
  const built = existsSync(addon);
  if (ready && !built) cannotTest('The addon', `${relative(root, addon)} is missing: npm run build makes it`);

  test.skipIf(!built)('stays mapped once it is loaded', async () => {
    expect(await runOrThrow('readelf', ['-dW', addon])).toMatch(/\(FLAGS_1\).*\bNODELETE\b/);
  });

  test.skipIf(!built)('exports its two entry points and nothing that another addon could bind to', async () => {
    const symbols = (await runOrThrow('nm', ['-DC', '--defined-only', addon])).trim().split('\n');
    const names = symbols.map((line) => line.replace(/^\S+ /, '')).sort();
    expect(names).toEqual(['T napi_register_module_v1', 'T node_api_module_get_api_version_v1']);
  });
});
