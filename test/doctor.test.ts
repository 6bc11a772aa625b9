// npx lockstep doctor.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
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
    expect(doctor([], { LOCKSTEP_BACKEND: 'typescript' })).toMatchObject({ status: 0 });
    const { stdout, status } = doctor([], { LOCKSTEP_BACKEND: 'abc' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^backend +none: LOCKSTEP_BACKEND must be one of/m);
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
