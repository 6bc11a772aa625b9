// Programs that were bundled, traced or made one file, and where they are run: among others where neither lockstep nor
// their project is any more.

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrThrow } from '../processes.mjs';
import { copySmoke } from '../smoke.mjs';
import { check } from './check.mjs';
import { best, otherBytes } from './rows.mjs';
import { cleanEnv, installers } from './runtimes.mjs';
import { binaries } from './tarballs.mjs';
import { copyTree } from './tools.mjs';

/** For which binary of the package the rows run. */
const key = 'linux-x64-glibc';
/** How it is called beside a program. */
const beside = `lockstep.${key}.node`;

/**
 * Where a program is run, and what is done for it to run natively there; the titles are those of the table's columns.
 * Wherever it is moved to, no folder above has a node_modules, and that of the project is hidden.
 */
export const ways = {
  inPlace: 'in the project',
  away: 'moved away',
  copied: 'with `lockstep copy`',
  altered: 'with an altered copy',
  embedded: 'with `lockstep embed`',
  named: 'with `LOCKSTEP_BINARY`',
};

/** What the message of a program that found no binary must say: what is missing, where it was looked for, and what to do. */
function messageIn(folder) {
  const literally = (text) => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return [
    /^the binary for linux x64 glibc was not found; searched: /,
    literally(join(folder, beside)),
    ...[/keep it external and deploy node_modules/, /npx lockstep copy FOLDER/, /npx lockstep embed/],
  ];
}

/** Projects below a temporary folder, each with the package of `tarball` installed, until `remove()`. */
export async function openProjects(tarball) {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-deployed-'));
  const template = join(directory, 'template');
  mkdirSync(template);
  writeFileSync(join(template, 'package.json'), '{ "name": "a-user", "private": true }');
  await runOrThrow(...(await commandOf(installers.npm, tarball)), { cwd: template, env: cleanEnv() });
  copySmoke(template);
  return { directory, template, tarball, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

async function commandOf(installer, tarball) {
  const [command, ...args] = await installer();
  return [command, [...args, tarball]];
}

/** The command line of lockstep in a project, as npx starts it. */
function lockstep(project, ...args) {
  return runOrThrow(process.execPath, [join(project, 'node_modules', 'lockstep', 'dist', 'cli.js'), ...args], {
    cwd: project,
    env: cleanEnv(),
  });
}

/** One row: its project, and what it builds. */
class Deployment {
  constructor(row, { directory, template, tarball }) {
    this.row = row;
    this.home = join(directory, row.name);
    this.project = join(this.home, 'project');
    this.template = template;
    this.tarball = tarball;
    this.temporary = join(this.home, 'tmp');
  }

  async prepare() {
    mkdirSync(this.temporary, { recursive: true });
    await copyTree(this.template, this.project);
    await this.row.prepare?.(this.project, this.tarball);
  }

  /** Builds the program of a file, and answers with the folder of what came out, or with the project where nothing is built. */
  async build(entry) {
    const { row, project } = this;
    if (row.build === undefined) return project;
    const output = join(project, row.output ?? `out-${entry.split('.')[0]}`);
    await row.build(project, entry, output);
    return output;
  }

  /** A program that has the binary in it. */
  async buildEmbedded() {
    const { row, project } = this;
    writeFileSync(join(project, 'lockstep-binary.js'), await lockstep(project, 'embed', key));
    const imports = (file) => (row.entry.endsWith('.cjs') ? `require('./${file}');\n` : `import './${file}';\n`);
    const entry = `embedded${row.entry.slice(-4)}`;
    writeFileSync(join(project, entry), imports('lockstep-binary.js') + imports(row.entry));
    return this.build(entry);
  }

  /** Puts beside a program that was moved to a folder what belongs to a way; answers with variables for the program. */
  async #arrange(way, folder) {
    const { project } = this;
    if (way === 'copied' || way === 'altered') await lockstep(project, 'copy', folder, key);
    if (way === 'altered') appendFileSync(join(folder, beside), 'SIGNATURE');
    if (way !== 'named') return {};
    const LOCKSTEP_BINARY = join(this.home, 'named.node');
    await copyTree(join(project, 'node_modules', 'lockstep', 'prebuilds', binaries['linux-x64']), LOCKSTEP_BINARY);
    return { LOCKSTEP_BINARY };
  }

  /** Runs what was built in one of the `ways`, and throws unless it does what is expected there. */
  async runIn(way, expected, built) {
    const { row, project } = this;
    const env = { TMPDIR: this.temporary };
    const output = way === 'embedded' ? await this.buildEmbedded() : built;
    if (way === 'inPlace') return this.#check(expected, output, await row.run(output, cleanEnv(env)));
    const folder = join(this.home, way);
    await copyTree(output, folder);
    Object.assign(env, await this.#arrange(way, folder));
    const hidden = join(this.home, 'hidden');
    renameSync(project, hidden);
    try {
      return this.#check(expected, folder, await row.run(folder, cleanEnv(env)));
    } finally {
      renameSync(hidden, project);
    }
  }

  #check(expected, folder, result) {
    const loadError = { refused: otherBytes, typescript: messageIn(folder), native: null }[expected];
    const found = check({ platform: 'linux-x64', expect: loadError === null ? best : 'typescript', loadError }, result);
    const left = readdirSync(this.temporary).filter((name) => name.startsWith('lockstep'));
    if (left.length > 0) throw new Error(`left behind in the temporary folder: ${left}`);
    return found;
  }

  /** Throws unless what a program imports and what it requires is the same. */
  async checkOneClass() {
    const output = await this.build('both.mjs');
    const { status, output: text } = await this.row.run(output, cleanEnv());
    if (status !== 0) throw new Error(text);
  }
}

/**
 * Builds the program of a row, runs it in each of its ways, and writes into the row what was found in each: `ways`.
 *
 * A row has: `entry`, the program (scripts/smoke/); `build(project, entry, output)`; `run(folder, env)`; `expect`: for each way 'native',
 * 'typescript' for want of a binary, or 'refused' where there is one that is not the package's; `oneClass`: whether import and require
 * are tried in one program; `asksForOneClass`: whether `run` does that itself; `prepare(project, tarball)`.
 */
export async function deploy(row, projects) {
  const deployment = new Deployment(row, projects);
  const problems = [];
  const attempt = async (title, action) => {
    try {
      await action();
    } catch (error) {
      problems.push(`${title}: ${error.message}`);
    }
  };
  row.ways = {};
  try {
    await deployment.prepare();
    const built = await deployment.build(row.entry ?? '');
    for (const [way, expected] of Object.entries(row.expect)) {
      await attempt(ways[way], async () => {
        row.ways[way] = await deployment.runIn(way, expected, built);
      });
    }
    if (row.oneClass) {
      await attempt('import and require in one program', async () => {
        await deployment.checkOneClass();
        row.isOneClass = true;
      });
    }
  } finally {
    rmSync(deployment.home, { recursive: true, force: true });
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  row.isOneClass ||= row.asksForOneClass;
}
