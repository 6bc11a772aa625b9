'use strict';
// node scripts/format-cpp.cjs [--check]: clang-format over every C++ file of the repository, as .clang-format says.

const { execFileSync, spawnSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = dirname(__dirname);
const formatter = join(root, 'node_modules', '.bin', 'clang-format');
const check = process.argv.includes('--check');

const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.h', '*.cpp'], { cwd: root });
const files = listed.toString().split('\n').filter(Boolean);
let wrong = 0;
for (const file of files) {
  const path = join(root, file);
  const { status, stdout, stderr } = spawnSync(formatter, [path], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`clang-format failed on ${file}: ${stderr}`);
  if (stdout === readFileSync(path, 'utf8')) continue;
  wrong++;
  if (check) console.error(`${file} is not formatted: run npm run format`);
  else writeFileSync(path, stdout);
}
console.log(`clang-format: ${files.length} files, ${wrong} ${check ? 'wrong' : 'rewritten'}`);
process.exitCode = check && wrong > 0 ? 1 : 0;
