// The documentation: what is generated is what the code says, what is written by hand runs, and links lead somewhere.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADOPT, Adam, type CommonOptions, SGD, type SGDOptions } from 'lockstep';
import { describe, expect, test } from 'vitest';
import { pipelineOptions } from '../lib/pipeline.js';
import { withTable, writeDocs } from '../scripts/docs.js';
import { anchorsIn, linksIn, withoutCode } from './markdown.js';
import { type OptimizerCase, optimizers, stateNames } from './optimizers.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

test('docs/api, and the table in the README, are what `npm run docs` writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-docs-'));
  try {
    const table = await writeDocs(folder);
    expect(read('README.md')).toBe(withTable(read('README.md'), table));
    const written = readdirSync(folder).sort();
    expect(readdirSync(join(root, 'docs/api')).sort()).toEqual(written);
    for (const name of written) expect(read(`docs/api/${name}`)).toBe(readFileSync(join(folder, name), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.each(optimizers)('the page of $name', ({ name, defaults, valid, create }) => {
  const page = read(`docs/api/${name}.md`);

  test('gives every option with its default', () => {
    for (const [option, value] of Object.entries(defaults)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${option}\` |`));
      const [, literal] = /^(?:[^|]*\|){3} `([^`]*)`/.exec(row ?? '') ?? [];
      expect(literal && evaluate(literal.replace('−', '-')), `${option} in ${row}`).toEqual(value);
    }
  });

  test('says of every option that takes a function of the step that it may be a schedule', () => {
    const scheduled = Object.entries(defaults).filter(([option, value]) => {
      try {
        return create([new Float32Array(1)], { [option]: () => value }) !== undefined;
      } catch {
        return false;
      }
    });
    if (name !== 'Rprop') expect(scheduled.map(([option]) => option)).toContain('lr'); // there it is a first step size
    const said = [...page.matchAll(/^\| `(\w+)` \| [^|]*; or a function of the step \|/gm)].map(([, option]) => option);
    expect(said).toEqual(scheduled.map(([option]) => option));
    const [, sentence] = /^(.*) may (?:each )?be a schedule: a function/m.exec(page) ?? [];
    expect([...(sentence ?? '').matchAll(/`(\w+)`/g)].map(([, option]) => option)).toEqual(said);
  });

  test('says the version of every system whose runs are recorded', () => {
    const [, rows] = /^\| system \|.*\n\|.*\n((?:\|.*\n)*)/m.exec(page) ?? [];
    for (const row of (rows ?? '').split('\n').filter((line) => line !== '')) {
      expect(row).toMatch(
        /^\| (\w[\w.' ]* \d+\.\d+\.\d+|the authors' code \([\w/-]+ (\d+\.\d+\.\d+|[0-9a-f]{7})\)) \| f(32|64) \|/,
      );
    }
  });

  test('names every array of its state', () => {
    for (const options of valid) {
      for (const array of stateNames(create([new Float32Array(1)], options).state[0])) {
        expect(page).toContain(`- \`${array}\`: `);
      }
    }
  });
});

describe('docs/choosing.md', () => {
  const rows = read('docs/choosing.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const optimizerIn = (row: string) => {
    const [, name] = /\[`(\w+)`\]\(api/.exec(row) ?? [];
    return optimizers.find((candidate) => candidate.name === name);
  };
  const optionsIn = (row: string) =>
    [...row.matchAll(/`(\{.*?\})`/g)].map(([, options]) => evaluate(options) as object);
  const create = (optimizer: OptimizerCase, options: object) => optimizer.create([new Float32Array(1)], options);

  test('says of every optimizer when to take it, with options that it takes and the state that it then has', () => {
    const chosen = rows.filter((row) => / \d \|$/.test(row));
    expect(new Set(chosen.map((row) => optimizerIn(row)?.name))).toEqual(new Set(optimizers.map(({ name }) => name)));
    for (const row of chosen) {
      const [{ state }] = optionsIn(row).map((options) => create(optimizerIn(row) as OptimizerCase, options));
      expect(row).toMatch(new RegExp(` ${stateNames(state[0]).length} \\|$`));
    }
  });

  test('gives no options that its optimizer does not take, and every dialect that there is', () => {
    const given = rows.flatMap((row) => {
      const optimizer = optimizerIn(row);
      if (optimizer === undefined) return [];
      return optionsIn(row).map((options) => {
        create(optimizer, options);
        return `${optimizer.name} ${(options as { readonly dialect?: string }).dialect}`;
      });
    });
    const accepts = (optimizer: OptimizerCase, dialect: string) => {
      try {
        return create(optimizer, { dialect }) !== undefined;
      } catch {
        return false;
      }
    };
    for (const optimizer of optimizers) {
      for (const dialect of ['torch', 'keras', 'optax', 'tfjs'].filter((name) => accepts(optimizer, name))) {
        expect(given).toContain(`${optimizer.name} ${dialect}`);
      }
    }
  });

  test('calls nothing missing that is there', () => {
    const missing = rows
      .flatMap((row) => row.split(' | '))
      .filter((cell) => cell.includes('*not yet*'))
      .flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(missing.length).toBeGreaterThan(0);
    for (const { name } of optimizers) expect(missing).not.toContain(name);
  });
});

test('no generated text has undefined where a value should stand', () => {
  // In code `undefined` is a value of its own; elsewhere it would be one that the generator did not find.
  for (const file of ['README.md', ...markdownIn('docs/api')]) {
    const prose = withoutCode(read(file)).replace(/`[^`]*`/g, '');
    expect(prose, file).not.toMatch(/undefined|\[object/);
  }
});

test('the README has every error code, and pages every option of the pipeline', () => {
  const codes = [...read('lib/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(8);
  for (const code of codes) expect(read('README.md')).toContain(`| \`${code}\` |`);
  for (const name of Object.keys(pipelineOptions)) expect(read('docs/pipeline.md')).toContain(name);
});

test('the README links the page of every optimizer', () => {
  const readme = read('README.md');
  expect(optimizers.filter(({ name }) => !readme.includes(`[\`${name}\`](docs/api/${name}.md)`))).toEqual([]);
});

describe('links lead to files and headings that are there', () => {
  const files = [
    'README.md',
    'CONTRIBUTING.md',
    'test/reference/README.md',
    'bench/RESULTS.md',
    'CHANGELOG.md',
    ...markdownIn('docs'),
    ...markdownIn('docs/api'),
  ];

  test.each(files)('%s', (file) => {
    for (const target of linksIn(read(file))) {
      const [path, anchor] = target.split('#');
      const to = path === '' ? file : relative(root, resolve(root, dirname(file), path));
      expect(existsSync(join(root, to)), target).toBe(true);
      if (anchor !== undefined) expect(anchorsIn(read(to)), target).toContain(anchor);
    }
  });
});

describe('what is said of other systems and of tied weights', () => {
  const f32 = (...values: number[]) => new Float32Array(values);

  test('a first gradient that comes late: step counts of TensorFlow.js and of lockstep', () => {
    const moved = (absent: Float32Array | null) => {
      const b = f32(1);
      const adam = new Adam({ a: f32(1), b }, { lr: 0.1, dialect: 'tfjs' });
      for (const gradB of [absent, absent, f32(1)]) adam.step({ a: f32(1), b: gradB });
      return 1 - b[0];
    };
    expect(moved(null)).toBeCloseTo(0.1, 6);
    expect(moved(f32(0))).toBeCloseTo(1 - 0.9361194968223572, 5); // of tf.train.adam(0.1) in TensorFlow.js 4.22 with null
  });

  test('the average moves when weights change, where that of Keras moves in every call', () => {
    const sgd = new SGD([f32(1)], { lr: 0.1, ema: { decay: 0.9 }, accumulate: 2 });
    const averages = Array.from({ length: 6 }, () => {
      sgd.step([f32(1)]);
      return sgd.averages[0][0];
    });
    expect(averages).toEqual([1, 0.9, 0.9, 0.89, 0.89, 0.871].map((value) => expect.closeTo(value, 6)));
  });

  test('the first step of ADOPT moves no parameter', () => {
    const w = f32(1, -2);
    const adopt = new ADOPT([w], { lr: 1, weightDecay: 0.5, weightDecayMode: 'decoupled' });
    adopt.step([f32(3, 4)]);
    expect(w).toEqual(f32(1, -2));
    adopt.step([f32(3, 4)]);
    expect(w).not.toEqual(f32(1, -2));
  });

  test('three ways to step tied weights by the sum of their gradients', () => {
    const [gradEmbed, gradHead, gradW] = [f32(1, 2), f32(4, 8), f32(16)];
    const stepped = (
      options: SGDOptions & CommonOptions,
      step: (sgd: SGD<{ embed: Float32Array; w: Float32Array }>) => void,
    ) => {
      const params = { embed: f32(0, 0), w: f32(0) };
      step(new SGD(params, { lr: 1, ...options }));
      return params;
    };
    const expected = { embed: f32(-5, -10), w: f32(-16) };
    expect(stepped({}, (sgd) => sgd.step({ embed: f32(5, 10), w: gradW }))).toEqual(expected);
    expect(
      stepped({ accumulate: 2, accumulateMode: 'sum' }, (sgd) => {
        sgd.step({ embed: gradEmbed, w: gradW });
        sgd.step({ embed: gradHead, w: null });
      }),
    ).toEqual(expected);
    const twice = [
      { embed: gradEmbed, w: f32(10) },
      { embed: gradHead, w: f32(6) },
    ];
    expect(stepped({}, (sgd) => sgd.step(twice, { gradScale: 2 }))).toEqual(expected);
    const embed = f32(1);
    expect(() => new SGD({ embed, head: embed })).toThrow('params.head must have memory of its own');
  });
});

/** A literal of the documentation: a number, a string, an array or an object of options. */
function evaluate(literal: string): unknown {
  return new Function(`return (${literal})`)();
}
