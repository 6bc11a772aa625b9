// npx lockstep doctor.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { remedies } from '../lib/remedies.js';
import { lockstep } from './command.js';
import { cannotTest, root } from './native-build.js';

const built = existsSync(join(root, 'build', 'Release', 'lockstep.node'));
if (!built) cannotTest('The doctor', 'it needs build/Release/lockstep.node: npm run build makes it');

const empty = mkdtempSync(join(tmpdir(), 'lockstep-empty-'));
afterAll(() => rmSync(empty, { recursive: true }));

const doctor = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => lockstep(['doctor', ...args], { env });

describe.skipIf(!built)('npx lockstep doctor', () => {
  test('says that all is well, and proves it', () => {
    const { stdout, stderr, status } = doctor(['--json']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as Record<string, unknown> & { checks: { backend: string; hash: string }[] };
    expect(report).toMatchObject({ healthy: true, error: null, remedies: [], binaries: [{ error: null }] });
    expect(report.checks.map(({ backend }) => backend)).toEqual(report.available);
    expect(new Set(report.checks.map(({ hash }) => hash)).size).toBe(1);
    expect(doctor([]).stdout).toMatch(/^lockstep is well: it runs on \w+\.$/m);
  });

  test('says what is missing, and what to do', () => {
    const { stdout, stderr, status } = doctor([], { LOCKSTEP_PREBUILD: empty });
    expect(stderr).toBe('');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^binary +none was found$/m);
    expect(stdout).toContain(`LOCKSTEP_PREBUILD=${empty}`);
    expect(stdout).toMatch(/^backend +typescript/m);
    expect(stdout).toMatch(/Only the directory that LOCKSTEP_PREBUILD names is looked at: unset it/);
  });

  test('tells the switches of Node apart', () => {
    const permission = ['--permission', '--experimental-permission'].find((flag) =>
      process.allowedNodeEnvironmentFlags.has(flag),
    );
    const permissions = { NODE_OPTIONS: `${permission} --allow-fs-read=*` };
    expect(doctor([], permissions).stdout).toContain('Run Node with --allow-addons');
    expect(doctor([], { NODE_OPTIONS: '--no-addons' }).stdout).toContain('Run Node without --no-addons.');
  });

  test('is content with what LOCKSTEP_BACKEND names, not with what it cannot', () => {
    expect(doctor([], { LOCKSTEP_BACKEND: 'scalar' })).toMatchObject({ status: 0 });
    const asked = doctor([], { LOCKSTEP_BACKEND: 'typescript' });
    expect(asked.status).toBe(0);
    expect(asked.stdout).not.toContain('is well');
    expect(asked.stdout).toMatch(/^lockstep runs in TypeScript, as LOCKSTEP_BACKEND asks\.$/m);
    expect(asked.stdout).toMatch(/unset it to run natively/);
    const { stdout, status } = doctor([], { LOCKSTEP_BACKEND: 'abc' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^backend +none: LOCKSTEP_BACKEND must be one of/m);
  });

  test('does not call TypeScript well where no binary was found, though it was asked for', () => {
    const { stdout } = doctor([], { LOCKSTEP_PREBUILD: empty, LOCKSTEP_BACKEND: 'typescript' });
    expect(stdout).not.toContain('is well');
    expect(stdout).toMatch(/^searched +.*build.Release.lockstep.node: not there$/m);
  });

  test('of a file system without programs advises no compiler', () => {
    // What Linux answers where the file lies on a mount with noexec.
    const error = '/app/lockstep.node: failed to map segment from shared object';
    const [advice, ...others] = remedies([error, 'something that is not known'], true);
    expect(others).toEqual([]);
    expect(advice).toMatch(/mounted noexec.*LOCKSTEP_BINARY.*A compiler does not help/);
    expect(advice).not.toContain('npx lockstep build');
  });

  test('of a binary that is named says what is wrong with it', () => {
    const { stdout, status } = doctor([], { LOCKSTEP_BINARY: join(empty, 'absent.node') });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^backend +none: LOCKSTEP_BINARY must name lockstep's binary, received .*: there is no such file$/m,
    );
    expect(stdout).toMatch(/^Correct or unset the variable that the error names\.$/m);
  });

  test('tells of LOCKSTEP_REQUIRE_NATIVE', () => {
    const { stdout, status } = doctor([], { LOCKSTEP_PREBUILD: empty, LOCKSTEP_REQUIRE_NATIVE: '1' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/none: LOCKSTEP_REQUIRE_NATIVE is 1, but no binary was loaded/);
  });

  test('refuses an option that it does not know', () => {
    const { stdout, stderr, status } = doctor(['--jason']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/--jason/);
    expect(doctor(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('npx lockstep doctor') });
  });
});
