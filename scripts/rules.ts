// npm run rules: writes lib/rules/*.ts from src/rules/*.h, the only text of each rule. `-- --check` only says what is not current.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from './rules/parse.js';
import { printIndex, printRules } from './rules/print.js';
import { resolve } from './rules/resolve.js';
import { tokenize } from './rules/tokens.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');

/** Headers that hold no rule: the words of the rule language, which lib/rules/rule.ts has for JavaScript. */
const languageHeader = 'rule.h';

/** Every file that `npm run rules` writes, with what belongs in it. */
export function writtenRules(): ReadonlyMap<string, string> {
  const headers = readdirSync(`${root}src/rules`).filter((file) => file.endsWith('.h') && file !== languageHeader);
  const files = headers.sort().map((header) => {
    const path = `src/rules/${header}`;
    return parse(tokenize(path, read(path)));
  });
  const resolved = files.map((file) => ({ file, module: basename(file.file, '.h'), rules: resolve(file, files) }));
  const listed = [...read('src/rules.h').matchAll(/^ {2}RULE\((\w+)\)/gm)].map(([, name]) => name);
  const written = new Map<string, string>();
  for (const { file, module, rules } of resolved) {
    if (rules.length > 0) written.set(`lib/rules/${module}.ts`, printRules(file.file, file.head, rules));
  }
  const names = resolved.map(({ module, rules }) => ({ module, names: rules.map(({ name }) => name) }));
  written.set('lib/rules/index.ts', printIndex(names, listed));
  return formatted(written);
}

/** Formatted and its imports sorted, as Biome does it for all of the repository's TypeScript: in a folder of its own, at once. */
function formatted(written: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-rules-'));
  try {
    copyFileSync(`${root}biome.json`, join(folder, 'biome.json'));
    for (const [path, text] of written) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
    const { status, stderr } = spawnSync(process.execPath, [biome, 'check', '--write', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the written rules cannot be formatted: ${stderr}`);
    return new Map([...written.keys()].map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether a file is there and holds just this. */
function holds(path: string, text: string): boolean {
  return existsSync(`${root}${path}`) && read(path) === text;
}

/** Those of the written files that are not what the headers say. */
export function outdatedRules(written = writtenRules()): readonly string[] {
  return [...written].flatMap(([path, text]) => (holds(path, text) ? [] : [path]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const written = writtenRules();
  const outdated = outdatedRules(written);
  if (process.argv.includes('--check')) {
    for (const path of outdated) console.error(`${path} is not what src/rules says: npm run rules`);
    process.exitCode = outdated.length === 0 ? 0 : 1;
  } else {
    for (const [path, text] of written) writeFileSync(`${root}${path}`, text);
    console.log(`${outdated.length} of ${written.size} files changed`);
  }
}
