// splitGroups and layerDecay: groups from names.

import { AdamW, layerDecay, splitGroups } from 'lockstep';
import { expect, test } from 'vitest';
import { expectThrow } from './pipeline.js';

const [embed, w0, bias0, w1, bias1, norm] = [1, 2, 3, 4, 5, 6].map((value) => new Float32Array([value]));
const params = { embed, 'block0.w': w0, 'block0.bias': bias0, 'block1.w': w1, 'block1.bias': bias1, norm };

test('splitGroups: the first rule that matches, then the rest', () => {
  expect(
    splitGroups(params, [
      { match: /^block0/g, lr: 1 },
      { match: (name, param) => name === 'norm' || param[0] === 5, weightDecay: 0 },
    ]),
  ).toEqual([
    { params: { 'block0.w': w0, 'block0.bias': bias0 }, lr: 1 },
    { params: { 'block1.bias': bias1, norm }, weightDecay: 0 },
    { params: { embed, 'block1.w': w1 } },
  ]);
  expect(splitGroups(params, [])).toEqual([{ params }]);
  expect(splitGroups(params, [{ match: /./, lr: 2 }])).toEqual([{ params, lr: 2 }]);
});

test('layerDecay: one group for each layer of each group', () => {
  const layerOf = (name: string) => (name === 'embed' ? 0 : name === 'norm' ? 3 : Number(name[5]) + 1);
  const options = { lr: 0.8, decay: 0.5, layerOf };
  expect(layerDecay(params, options)).toEqual([
    { params: { embed }, lr: 0.1 },
    { params: { 'block0.w': w0, 'block0.bias': bias0 }, lr: 0.2 },
    { params: { 'block1.w': w1, 'block1.bias': bias1 }, lr: 0.4 },
    { params: { norm }, lr: 0.8 },
  ]);
  const split = splitGroups(params, [{ match: /bias|norm/, weightDecay: 0, lr: 8 }]);
  const groups = layerDecay(split, { ...options, last: 4 });
  expect(groups).toEqual([
    { params: { 'block0.bias': bias0 }, lr: 1, weightDecay: 0 },
    { params: { 'block1.bias': bias1 }, lr: 2, weightDecay: 0 },
    { params: { norm }, lr: 4, weightDecay: 0 },
    { params: { embed }, lr: 0.05 },
    { params: { 'block0.w': w0 }, lr: 0.1 },
    { params: { 'block1.w': w1 }, lr: 0.2 },
  ]);
  const adamw = new AdamW(groups, { weightDecay: 0.1 });
  expect(adamw.groups.map(({ lr, weightDecay }) => [lr, weightDecay])).toEqual([
    [1, 0],
    [2, 0],
    [4, 0],
    [0.05, 0.1],
    [0.1, 0.1],
    [0.2, 0.1],
  ]);
  expect(layerDecay(params, { ...options, decay: 1 }).map(({ lr }) => lr)).toEqual([0.8, 0.8, 0.8, 0.8]);
  expect(layerDecay(params, { ...options, decay: 0 }).map(({ lr }) => lr)).toEqual([0, 0, 0, 0.8]);
});

test('what they refuse', () => {
  const option = (run: () => unknown, Class: typeof TypeError | typeof RangeError, message: string) =>
    expectThrow(run, Class, 'ERR_INVALID_OPTION', message);
  const split = splitGroups as (params: unknown, rules: unknown) => unknown;
  const decay = layerDecay as (params: unknown, options: unknown) => unknown;
  const good = { lr: 1, decay: 0.5, layerOf: () => 2 };
  for (const [given, received] of [
    [[w0], 'an array'],
    [w0, 'a Float32Array'],
    [null, 'null'],
  ]) {
    const message = `params must be a record, since groups are made by name, received ${received}`;
    expectThrow(() => split(given, []), TypeError, 'ERR_INVALID_PARAMS', message);
    expectThrow(() => decay(given, good), TypeError, 'ERR_INVALID_PARAMS', message);
  }
  const map = 'params must be a record, since groups are made by name, received a Map: pass Object.fromEntries(params)';
  expectThrow(() => split(new Map([['w', w0]]), []), TypeError, 'ERR_INVALID_PARAMS', map);
  expectThrow(() => decay(new Map([['w', w0]]), good), TypeError, 'ERR_INVALID_PARAMS', map);
  option(() => split(params, {}), TypeError, 'rules must be an array, received an object');
  option(() => split(params, [{ lr: 1 }]), TypeError, 'rules[0] must be an object with match, received an object');
  option(
    () => split(params, [{ match: 'bias' }]),
    TypeError,
    "rules[0].match must be a regular expression or a function, received 'bias'",
  );
  for (const [answer, received] of [
    [/bias/, 'an object'],
    [() => true, 'a function'],
    [Promise.resolve(false), 'an object'],
  ]) {
    const message = `rules[0].match must answer with true or false, received ${received}`;
    option(() => split(params, [{ match: () => answer }]), TypeError, message);
  }
  const unmatched = 'rules[1].match must match a parameter that no rule before it does';
  option(() => split(params, [{ match: /bias/ }, { match: /bias/ }]), RangeError, unmatched);
  option(() => decay(params, null), TypeError, 'options must be an object, received null');
  option(() => decay(params, { ...good, lr: -1 }), RangeError, 'lr must be a finite number >= 0, received -1');
  option(() => decay(params, { ...good, decay: 2 }), RangeError, 'decay must be a number >= 0 and <= 1, received 2');
  option(() => decay(params, { ...good, layerOf: 1 }), TypeError, 'layerOf must be a function, received 1');
  const layer = "layerOf('embed') must be an integer >= 0, received NaN";
  option(() => decay(params, { ...good, layerOf: () => NaN }), RangeError, layer);
  option(() => decay(params, { ...good, last: 1 }), RangeError, 'last must be at least the largest layer, which is 2');
  option(() => decay(params, { ...good, last: 0.5 }), RangeError, 'last must be an integer >= 0, received 0.5');
  option(() => decay(params, { ...good, lest: 3 }), TypeError, "unknown option 'lest': did you mean 'last'?");
});
