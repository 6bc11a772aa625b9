// Jest hands each file modules of its own: the second time, lockstep is loaded anew.

const { writeFileSync } = require('node:fs');
const { trainWith } = require('./training.cjs');

test('lockstep trains', () => {
  const first = trainWith(require('lockstep'));
  jest.resetModules();
  const second = trainWith(require('lockstep'));
  expect(second).toEqual(first);
  writeFileSync('found.json', JSON.stringify(first));
});
