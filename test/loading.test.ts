// Which binary is loaded, and what happens to those that cannot be: each case in a process of its own, on a copy of the
// package with the binary of this checkout in the place of a prebuilt one.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { embeddedModule } from '../lib/embedded.js';
import { libc, libcIn } from '../lib/libc.js';
import { writeBundles } from '../scripts/bundle.mjs';
import { bundleProblems } from '../scripts/bundle-problems.mjs';
import { targets } from '../scripts/prebuild-targets.mjs';
import { cannotTest, root, writeBuilt } from './native-build.js';

const built = join(root, 'build', 'Release', 'lockstep.node');
const ready = existsSync(built);
if (!ready) cannotTest('Loading', 'it needs build/Release/lockstep.node: npm run build makes it');

const scratch = mkdtempSync(join(tmpdir(), 'lockstep-loading-'));
const home = join(scratch, 'lockstep');
const system = `${process.platform}-${process.arch}`;
const here = libc();
const name = `${system}/${['lockstep', here, 'node'].filter(Boolean).join('.')}`;
const notBinary = /file too short|invalid ELF header|not a mach-o|not valid mach-o|not a valid Win32/i;
/** Node 26 knows only the first, Node 20 only the second. */
const permission = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);
const prebuilt = join(home, 'prebuilds', name);
/** An addon of another package, which comes with vitest. */
const otherAddon = readdirSync(join(root, 'node_modules'), { encoding: 'utf8' })
  .filter((name) => name.startsWith('lightningcss-'))
  .map((name) => join(root, 'node_modules', name, `lightningcss.${name.slice('lightningcss-'.length)}.node`))[0];
const sums = join(home, 'prebuilds', 'SHA256SUMS');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function writeSums(): void {
  const sha256 = createHash('sha256').update(readFileSync(prebuilt)).digest('hex');
  writeFileSync(sums, `${'0'.repeat(64)}  other/lockstep.node\n${sha256}  ${name}\n`);
}

/** dist/ as a release makes it, which names its binaries, and as a clone without prebuilt ones has it. */
const dists = { named: join(scratch, 'named'), nameless: join(scratch, 'nameless') };

beforeAll(async () => {
  if (!ready) return;
  mkdirSync(dirname(prebuilt), { recursive: true });
  cpSync(built, prebuilt);
  for (const dist of Object.values(dists)) cpSync(join(root, 'dist'), dist, { recursive: true });
  await writeBundles({ prebuilds: join(home, 'prebuilds'), dist: dists.named });
  await writeBundles({ prebuilds: join(scratch, 'none'), dist: dists.nameless });
});

/** Lays the package out anew. */
function layOut(dist: keyof typeof dists): void {
  if (!ready) return;
  rmSync(home, { recursive: true, force: true });
  cpSync(dists[dist], join(home, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(home, 'package.json'));
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(join(root, 'node_modules', 'node-gyp-build'), join(home, 'node_modules', 'node-gyp-build'), 'dir');
  mkdirSync(dirname(prebuilt), { recursive: true });
  cpSync(built, prebuilt);
  writeSums();
}

interface Answer {
  readonly name: string;
  readonly loadError: string | null;
  readonly code?: string;
}

/** Asks for the backend in a process of its own, once `before` has run there. */
function load(
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  { before = '', lockstep = home } = {},
): Answer {
  const program = `
    try {
      const { backend, useBinary } = require(process.argv[1]);
      ${before};
      const { name, loadError } = backend();
      console.log(JSON.stringify({ name, loadError: loadError && loadError.message }));
    } catch ({ code, message }) {
      console.log(JSON.stringify({ name: 'none', loadError: message, code }));
    }`;
  const { stdout, status, stderr } = spawnSync(process.execPath, [...options, '-e', program, lockstep], {
    cwd: scratch,
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_REQUIRE_NATIVE: '', LOCKSTEP_BINARY: '', ...env },
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
}

const native = { name: expect.not.stringMatching('typescript|none'), loadError: null };
const typescript = (loadError: RegExp) => ({ name: 'typescript', loadError: expect.stringMatching(loadError) });

function damage(change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(prebuilt, change(readFileSync(prebuilt)));
}

const isTarget = targets.some(({ file }) => file === name);

describe.skipIf(!ready).each(isTarget ? (['named', 'nameless'] as const) : (['nameless'] as const))(
  'the binary, %s in the bundle,',
  (dist) => {
    /** What is said where no file is there, with the places that were looked at and what to do. */
    const missing =
      dist === 'named'
        ? /^the binary for .* was not found; searched: .*prebuilds.*\. Deploy the folder prebuilds/
        : /^there is no binary for .*, neither prebuilt nor compiled here; searched: .*build.Release.*\. npx lockstep build compiles/;
    beforeEach(() => layOut(dist));

    test('that came with the package is loaded', () => expect(load()).toEqual(native));

    test('with one byte changed is refused by its checksum', () => {
      damage((bytes) => bytes.fill(bytes[1000] ^ 1, 1000, 1001));
      expect(load()).toEqual(typescript(/^the checksum of .* must be [0-9a-f]{64}, received [0-9a-f]{64}/));
    });

    test('that ends too early is refused by its checksum', () => {
      damage((bytes) => bytes.subarray(0, bytes.length / 2));
      expect(load()).toEqual(typescript(/^the checksum of /));
    });

    test('that no checksum is known of is refused', () => {
      writeFileSync(sums, '');
      if (dist === 'named') return expect(load()).toEqual(native); // the bundle has the checksum
      expect(load()).toEqual(typescript(/must list the checksum of /));
      rmSync(sums);
      expect(load()).toEqual(typescript(/SHA256SUMS/));
    });

    test('that is none is refused', () => {
      writeFileSync(prebuilt, 'not a library');
      writeSums();
      expect(load()).toEqual(typescript(dist === 'named' ? /^the checksum of / : notBinary));
    });

    test.runIf(here)('for another libc is not tried', () => {
      const other = here === 'musl' ? 'glibc' : 'musl';
      cpSync(prebuilt, prebuilt.replace(`.${here}.`, `.${other}.`));
      rmSync(prebuilt);
      expect(load()).toEqual(typescript(missing));
      expect(load([], { LIBC: other })).toEqual(typescript(new RegExp(`must list the checksum of .*${other}`)));
    });

    test('that was compiled here goes first, and one that does not load is no obstacle', () => {
      const compiled = join(home, 'build', 'Release', 'lockstep.node');
      mkdirSync(dirname(compiled), { recursive: true });
      writeBuilt(compiled, 'not a library');
      expect(load()).toEqual(native);
      rmSync(prebuilt);
      expect(load()).toEqual(typescript(notBinary));
      for (const end of ['', '.sha256']) cpSync(built + end, compiled + end);
      expect(load()).toEqual(native);
    });

    test('that neither loads: both reasons are told', () => {
      const compiled = join(home, 'build', 'Release', 'lockstep.node');
      mkdirSync(dirname(compiled), { recursive: true });
      writeFileSync(compiled, 'not a library');
      damage((bytes) => bytes.subarray(0, bytes.length / 2));
      expect(load()).toEqual(typescript(/none of 2 binaries .*build.Release.*; .*checksum/));
    });

    test('is not loaded where addons are off', () => {
      expect(load(['--no-addons'])).toEqual(
        typescript(/^Node loads no addons under --no-addons \(.*prebuilds.*\).*\. Run Node without --no-addons\.$/),
      );
      const flags = [`${permission}`, '--allow-fs-read=*'];
      const loadError =
        /^Node loads no addons under the permission model, without --allow-addons \(.*\. Run Node with --allow-addons --allow-fs-read=\*\.$/;
      expect(load(flags)).toEqual(typescript(loadError));
      expect(load([...flags, '--allow-addons'])).toEqual(native);
    });

    test('that cannot be looked for is missed, not thrown about', () => {
      rmSync(dirname(prebuilt), { recursive: true });
      writeFileSync(dirname(prebuilt), 'not a directory');
      expect(load()).toEqual(typescript(missing));
    });

    test('that was compiled here and ends too early is refused by its checksum, too', () => {
      const compiled = join(home, 'build', 'Release', 'lockstep.node');
      mkdirSync(dirname(compiled), { recursive: true });
      cpSync(`${built}.sha256`, `${compiled}.sha256`);
      rmSync(prebuilt);
      const bytes = readFileSync(built);
      for (const length of [20_000, 100_000, 200_000, bytes.length - 1]) {
        writeFileSync(compiled, bytes.subarray(0, length));
        expect(load()).toEqual(
          typescript(/^the checksum of \S*lockstep\.node must be .* else compile it anew: npx lockstep build/),
        );
      }
      rmSync(`${compiled}.sha256`);
      expect(load()).toEqual(typescript(/^lockstep\.node\.sha256 must list the checksum of lockstep\.node/));
    });

    test('is loaded, or the reason told, where only the folder of the program may be read', () => {
      const narrow = [
        String(permission),
        `--allow-fs-read=${realpathSync(scratch)}/*`,
        `--allow-fs-read=${realpathSync(join(root, 'node_modules', 'node-gyp-build'))}/*`,
      ];
      expect(load([...narrow, '--allow-addons'])).toEqual(native);
      expect(load(narrow)).toEqual(typescript(/permission model, without --allow-addons/));
      const elsewhere = { LOCKSTEP_PREBUILD: tmpdir() };
      expect(load([...narrow, '--allow-addons'], elsewhere)).toEqual(typescript(/restricted|there is no binary/));
    });

    test('is required by LOCKSTEP_REQUIRE_NATIVE=1', () => {
      const required = { LOCKSTEP_REQUIRE_NATIVE: '1' };
      expect(load([], required)).toEqual(native);
      rmSync(prebuilt);
      const loadError = expect.stringMatching(
        new RegExp(`^LOCKSTEP_REQUIRE_NATIVE is 1, but no binary was loaded: ${missing.source.slice(1)}`),
      );
      expect(load([], required)).toEqual({ name: 'none', code: 'ERR_BACKEND', loadError });
      expect(load([], { LOCKSTEP_REQUIRE_NATIVE: '0' })).toEqual(typescript(missing));
      expect(load([], { LOCKSTEP_REQUIRE_NATIVE: 'true' })).toMatchObject({
        code: 'ERR_BACKEND',
        loadError: "LOCKSTEP_REQUIRE_NATIVE must be 1 or 0, received 'true'",
      });
    });
  },
);

describe.skipIf(!ready)('a binary that is named', () => {
  const signed = join(scratch, 'signed.node');
  beforeAll(() => {
    if (ready) writeFileSync(signed, Buffer.concat([readFileSync(built), Buffer.from('SIGNATURE')]));
  });
  beforeEach(() => layOut('nameless'));
  const refused = (loadError: RegExp, code = 'ERR_BACKEND') => ({
    name: 'none',
    code,
    loadError: expect.stringMatching(loadError),
  });
  const ways: [string, (file: string, env?: NodeJS.ProcessEnv) => Answer][] = [
    ['LOCKSTEP_BINARY', (file, env) => load([], { ...env, LOCKSTEP_BINARY: file })],
    ['useBinary', (file, env) => load([], env, { before: `useBinary(${JSON.stringify(file)})` })],
  ];

  describe.each(ways)('by %s', (way, loadFrom) => {
    test('is loaded though a packager has signed it', () => {
      expect(loadFrom(signed)).toEqual(native);
      expect(loadFrom('signed.node')).toEqual(native); // from the current directory
      writeFileSync(prebuilt, readFileSync(signed));
      expect(load()).toEqual(typescript(/^the checksum of .* name it by LOCKSTEP_BINARY or useBinary/));
    });

    test('and is missing is an error, whatever else is there', () => {
      const absent = join(scratch, 'absent.node');
      const message = new RegExp(`^${way} must name lockstep's binary, received .*absent.node: there is no such file$`);
      expect(loadFrom(absent)).toEqual(refused(message));
      expect(loadFrom(absent, { LOCKSTEP_BACKEND: 'typescript' })).toEqual(refused(message));
      expect(loadFrom(absent, { LOCKSTEP_PREBUILD: root })).toEqual(refused(message));
    });

    test('and is foreign is an error', () => {
      const foreign = join(scratch, 'foreign.node');
      writeFileSync(foreign, 'not a library');
      expect(loadFrom(foreign)).toEqual(refused(notBinary));
      expect(loadFrom(scratch)).toEqual(refused(/EISDIR/));
      expect(loadFrom(otherAddon)).toEqual(refused(/it is no binary of lockstep$/));
    });

    test('and has a name that Node would run as JavaScript is an error', () => {
      const library = join(scratch, 'lockstep.so');
      cpSync(built, library);
      expect(loadFrom(library)).toEqual(refused(/lockstep\.so: the file's name must end in \.node/));
      const script = join(scratch, 'script.js');
      writeFileSync(script, "console.log('this program was run')"); // load() would not understand the output
      expect(loadFrom(script)).toEqual(refused(/script\.js: the file's name must end in \.node/));
    });

    test('and is of another version is an error', () => {
      const manifest = join(home, 'package.json');
      for (const [was, becomes] of [
        ['rootScale', 'rootscale'], // the row would mean something else
        [`\0${JSON.parse(readFileSync(manifest, 'utf8')).version}\0`, '\u00009.9.9\0'],
      ]) {
        const other = join(scratch, `other-${becomes.replaceAll('\0', '')}.node`);
        const text = readFileSync(built, 'latin1');
        expect(text).toContain(was);
        writeFileSync(other, text.replace(was, becomes), 'latin1');
        expect(loadFrom(other)).toEqual(refused(/the binary is of another version of lockstep/));
      }
    });

    test('is not loaded where addons are off, and that is an error', () => {
      const env = { NODE_OPTIONS: '--no-addons' };
      expect(loadFrom(signed, env)).toEqual(refused(/Node loads no addons under --no-addons$/));
    });
  });

  test('by useBinary goes before LOCKSTEP_BINARY', () => {
    const env = { LOCKSTEP_BINARY: join(scratch, 'absent.node') };
    expect(load([], env, { before: `useBinary(${JSON.stringify(signed)})` })).toEqual(native);
  });

  test('by useBinary comes too late once a backend was chosen', () => {
    const before = `backend(); useBinary(${JSON.stringify(signed)})`;
    expect(load([], {}, { before })).toEqual(
      refused(/^useBinary must be called before the first optimizer/, 'ERR_MODE'),
    );
  });

  test('and that useBinary refused leaves the choice open', () => {
    expect(load([], {}, { before: "try { useBinary('absent.node') } catch {}" })).toEqual(native);
  });

  test.each(['', 'undefined', '7'])('by useBinary must be a path, not %j', (given) => {
    const before = `useBinary(${given || "''"})`;
    expect(load([], {}, { before })).toEqual(
      refused(/^useBinary: path must be the path of a file, received/, 'ERR_INVALID_OPTION'),
    );
  });
});

describe.skipIf(!ready)('a runtime that gives less', () => {
  beforeEach(() => layOut('nameless'));
  /** Runs `change` before lockstep is loaded. */
  const loadAfter = (change: string) => {
    const preload = join(scratch, 'preload.cjs');
    writeFileSync(preload, change);
    return load(['--require', preload]);
  };

  test('as a Node without process.getBuiltinModule is named as the reason', () => {
    const reason = `^Node ${process.versions.node} has no process.getBuiltinModule, .* it needs Node \\^20.16.0 \\|\\| >=22.3.0`;
    expect(loadAfter('delete process.getBuiltinModule; process.getBuiltinModule = undefined;')).toEqual(
      typescript(new RegExp(reason)),
    );
  });

  test.runIf(isTarget)('as Deno, which refuses variables of the environment, loads the binary all the same', () => {
    layOut('named');
    const change = `const refuse = (_, name) => {
        if (/^(LOCKSTEP_|LIBC)/.test(name ?? 'LIBC')) throw new Error('Requires env access');
      };
      Object.defineProperty(process, 'env', { get: () => new Proxy({}, { get: refuse, has: refuse }) });
      require('node:os').availableParallelism = refuse;
      process.report.getReport = refuse;`;
    expect(loadAfter(change)).toEqual(native);
  });

  test('as one without files runs in TypeScript', () => {
    const change = `const { getBuiltinModule } = process;
      process.getBuiltinModule = (name) => {
        if (name === 'node:fs') throw new Error('Requires read access');
        return getBuiltinModule(name);
      };`;
    expect(loadAfter(change)).toEqual(typescript(/Requires read access/));
  });
});

describe.skipIf(!ready)('LOCKSTEP_PREBUILD', () => {
  beforeEach(() => layOut('nameless'));
  const vendor = join(scratch, 'vendor', 'build', 'Release', 'lockstep.node');

  test('as a relative path names the folder whose file is checked and loaded', () => {
    mkdirSync(dirname(vendor), { recursive: true });
    for (const end of ['', '.sha256']) cpSync(built + end, vendor + end);
    // Where `require` would look for a package of that name: it is not to be opened.
    const decoy = join(home, 'node_modules', 'vendor', 'build', 'Release', 'lockstep.node');
    mkdirSync(dirname(decoy), { recursive: true });
    writeBuilt(decoy, 'not a library');
    rmSync(join(home, 'prebuilds'), { recursive: true });
    for (const LOCKSTEP_PREBUILD of ['vendor', './vendor', join(scratch, 'vendor')]) {
      expect(load([], { LOCKSTEP_PREBUILD })).toEqual(native);
    }
  });

  test('is the only folder that is looked at', () => {
    const LOCKSTEP_PREBUILD = join(scratch, 'nothing');
    expect(load([], { LOCKSTEP_PREBUILD })).toEqual(typescript(/Only the directory that LOCKSTEP_PREBUILD names/));
  });
});

test.skipIf(!ready || !isTarget)('a package is told of whose bundles and binaries do not fit together', () => {
  layOut('named');
  writeFileSync(sums, readFileSync(sums, 'utf8').split('\n').slice(1).join('\n')); // without the one of another system
  expect(bundleProblems(home)).toEqual([]);
  rmSync(prebuilt);
  const bundles = ['binaries.js', 'esm/index.js', 'esm/index.bun.js'];
  expect(bundleProblems(home)).toEqual(bundles.map((bundle) => `dist/${bundle} names ${name}, which is missing`));
  cpSync(built, prebuilt);
  writeFileSync(sums, `${'0'.repeat(64)}  ${name}\n`);
  const wrong = bundleProblems(home);
  for (const bundle of ['index.js', 'esm/index.js', 'esm/index.bun.js'])
    expect(wrong).toContainEqual(expect.stringContaining(`dist/${bundle} must hold the checksum`));
  writeFileSync(sums, '');
  expect(bundleProblems(home)).toContain(`dist/binaries.js names ${name}, which SHA256SUMS does not list`);
  layOut('nameless');
  expect(bundleProblems(home)).toContainEqual(expect.stringContaining(`dist/esm/index.js must name prebuilds/${name}`));
});

describe.skipIf(!ready || !isTarget)('a bundle in a folder of its own', () => {
  const away = join(scratch, 'away');
  const bundle = join(away, 'bundle.cjs');
  const key = [process.platform, process.arch, here].filter(Boolean).join('-');
  const bundled = (env: NodeJS.ProcessEnv = {}, before = '') => load([], env, { before, lockstep: bundle });

  beforeEach(async () => {
    layOut('named');
    rmSync(away, { recursive: true, force: true });
    mkdirSync(away);
    await esbuild({ entryPoints: [join(home, 'dist', 'index.js')], bundle: true, platform: 'node', outfile: bundle });
  });

  test('without a binary says where it looked, and what to do', () => {
    const { name, loadError } = bundled();
    expect(name).toBe('typescript');
    expect(loadError).toMatch(/^the binary for .* was not found; searched: /);
    expect(loadError).toContain(join(realpathSync(away), `lockstep.${key}.node`));
    expect(loadError).toMatch(/keep it external .* npx lockstep copy .* npx lockstep embed/);
  });

  test('looks in no folder that an argument of node -e names', () => {
    const program = `console.log(require(${JSON.stringify(bundle)}).backend().loadError.message)`;
    const args = ['-e', program, join('a', 'file')];
    const { stdout } = spawnSync(process.execPath, args, { cwd: away, encoding: 'utf8' });
    expect(stdout).toContain(`lockstep.${key}.node`);
    expect(stdout).not.toContain(` ${join('a', 'lockstep')}`);
  });

  test('finds the binary beside it, checks it, and says that it was altered', () => {
    const beside = join(away, `lockstep.${key}.node`);
    cpSync(built, beside);
    expect(bundled()).toEqual(native);
    writeFileSync(beside, 'not a library');
    writeBuilt(beside, 'not a library'); // its checksum is the one in the bundle, not one that lies beside it
    expect(bundled()).toEqual(typescript(/^the checksum of .*away.* if npx lockstep copy .* run that command again/));
  });

  test('that was written on another machine finds the binary beside it and the embedded one', async () => {
    // As webpack leaves import.meta.url: the build machine's, which need not be a path of this one (on Windows, /home/me is none).
    const entryPoints = [join(home, 'dist', 'esm', 'index.js')];
    const define = { 'import.meta.url': JSON.stringify('file:///home%2Fme/index.js') };
    await esbuild({ entryPoints, bundle: true, platform: 'node', format: 'cjs', outfile: bundle, define });
    const program = join(away, 'program.cjs');
    writeFileSync(program, "console.log(require('./bundle.cjs').backend().name)");
    const run = () => spawnSync(process.execPath, [program], { encoding: 'utf8' });
    const missing = run();
    expect(missing.stdout).toBe('typescript\n');
    expect(missing.stderr).toMatch(/the binary for .* was not found; searched: .*npx lockstep copy/);
    const file = join(away, 'embedded.cjs');
    writeFileSync(file, embeddedModule(key, readFileSync(built)));
    expect(bundled({}, `require(${JSON.stringify(file)})`)).toEqual(native);
    cpSync(built, join(away, `lockstep.${key}.node`));
    expect(run()).toMatchObject({ stdout: expect.not.stringContaining('typescript'), stderr: '' });
  });

  test('finds the package by its name', () => {
    mkdirSync(join(away, 'node_modules'));
    symlinkSync(home, join(away, 'node_modules', 'lockstep'), 'junction');
    expect(bundled()).toEqual(native);
    const other = { ...JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')), version: '9.9.9' };
    writeFileSync(join(home, 'package.json'), JSON.stringify(other));
    expect(bundled()).toEqual(typescript(/was not found/));
  });

  test('holds the binary that was embedded in it, checks it, and leaves nothing behind', () => {
    const temporary = join(away, 'tmp');
    mkdirSync(temporary);
    const env = { TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    const file = join(away, 'embedded.cjs');
    const before = `require(${JSON.stringify(file)})`;
    writeFileSync(file, embeddedModule(key, readFileSync(built)));
    expect(bundled(env, before)).toEqual(native);
    if (process.platform !== 'win32') expect(readdirSync(temporary)).toEqual([]);
    writeFileSync(file, embeddedModule(key, Buffer.from('not a library')));
    expect(bundled(env, before)).toEqual(typescript(/^the checksum of /));
    expect(readdirSync(temporary).length).toBeLessThanOrEqual(process.platform === 'win32' ? 1 : 0);
  });
});

test.skipIf(!ready)('a program that adds to Object.prototype loads lockstep, and exports nothing of it', () => {
  layOut('nameless');
  const program = `
    Object.prototype.added = { by: 'the program' };
    const lockstep = require(${JSON.stringify(home)});
    console.log(Object.hasOwn(lockstep, 'added'), lockstep.backend().loadError);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect(stdout, stderr).toBe('false null\n');
});

test.each([
  ['glibc', '/usr/lib/x86_64-linux-gnu/libc.so.6'],
  ['glibc', '/usr/lib64/libc-2.28.so'],
  ['glibc', '/home/user/libc.so.d/tool'],
  ['musl', '/lib/ld-musl-x86_64.so.1'],
  ['musl', '/usr/lib/libc.musl-aarch64.so.1'],
  ['musl', '/usr/lib/x86_64-linux-musl/libc.so'],
] as const)('%s is what a process runs on that has %s mapped', (expected, path) => {
  const line = (name: string) => `7f1 r-xp 00000000 fe:00 1 ${name}\n`;
  expect(libcIn(line('/usr/bin/node') + line(path) + line('[vdso]'))).toBe(expected);
});
