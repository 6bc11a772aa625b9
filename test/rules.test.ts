// A rule is written in several places: this names whichever piece is missing or out of step.

import { readdirSync, readFileSync } from 'node:fs';
import * as lockstep from 'lockstep';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../bench/catalogue.js';
import { loadAddon } from '../lib/native.js';
import { rules } from '../lib/rules/index.js';
import { Prologue } from '../lib/rules/prologue.js';
import { clamp, limit, sign } from '../lib/rules/rule.js';
import { optimizers } from './optimizers.js';

const folder = (path: string) => new URL(`../${path}/`, import.meta.url);
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const filesIn = (path: string, extension: string) =>
  readdirSync(folder(path))
    .filter((file) => file.endsWith(extension) && !/^(rule|prologue|index)\./.test(file))
    .map((file) => file.slice(0, -extension.length))
    .sort();

const { addon } = loadAddon();
if (addon === null) throw new Error('these tests need the addon: npm run build:addon');
const listed = [...read('src/rules.h').matchAll(/^ {2}RULE\((\w+)\)/gm)].map(([, name]) => name);
const names = optimizers.map(({ name }) => name);

test('src/rules.h and lib/rules list the same rules, from files of the same names', () => {
  expect(rules.map(({ name }) => name).toSorted()).toEqual(listed.toSorted());
  expect(filesIn('lib/rules', '.ts')).toEqual(filesIn('src/rules', '.h'));
});

test('every exported optimizer is in the table of optimizers under test', () => {
  const exported = Object.entries(lockstep).flatMap(([name, value]) =>
    'prototype' in value && value.prototype instanceof lockstep.Optimizer ? [name] : [],
  );
  expect(names.toSorted()).toEqual(exported.toSorted());
});

test('every optimizer is measured by `npm run bench -- --only catalogue`', () => {
  const measured = new Set(catalogue.map(([name]) => name.split(',')[0]));
  expect([...measured].toSorted()).toEqual(names.toSorted());
});

describe.each(rules)('rule $name', (rule) => {
  test('has the same names in C++ and in TypeScript', () => {
    expect(addon.rules[rule.name]).toEqual({
      coefficients: Object.keys(rule.coefficients),
      state: [...rule.state],
      measures: [...(rule.measures?.names ?? [])],
    });
    expect(Object.values(rule.coefficients)).toEqual(Object.keys(rule.coefficients).map((_, index) => index));
  });
});

test('the prologue has the same names in C++ and in TypeScript', () => {
  expect(addon.prologue).toEqual(Object.keys(Prologue.coefficients));
});

describe('without branches on signs', () => {
  const magnitudes = [0, 5e-324, 1e-45, 0.5, 1, 2, 3.4e38, Number.MAX_VALUE, Infinity];
  const values = [NaN, ...magnitudes, ...magnitudes.map((value) => -value)];

  test.each(values)('sign of %d', (value) => {
    expect(sign(value)).toBe(value > 0 ? 1 : value < 0 ? -1 : value - value);
  });

  test.each(magnitudes)('clamp at %d is limit', (bound) => {
    for (const value of values) expect(clamp(value, bound)).toBe(limit(value, 0 - bound, bound));
  });
});

describe.each(optimizers)('$name', ({ name, create, defaults }) => {
  test('is exported, and so are its options', () => {
    expect(lockstep).toHaveProperty(name);
    expect(read('lib/index.ts')).toContain(`type ${name}Options`);
  });

  test('has the documented defaults', () => {
    expect({ ...create([new Float32Array(1)]).groups[0] }).toEqual(defaults);
  });

  test('is in the README and in the CHANGELOG', () => {
    expect(read('README.md')).toContain(`\`${name}\``);
    expect(read('CHANGELOG.md')).toContain(`\`${name}\``);
  });
});
