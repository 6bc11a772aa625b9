// A program in CommonJS, for bundlers: trains (training.cjs) and prints one line of JSON.

const lockstep = require('lockstep');
const { trainWith } = require('./training.cjs');

console.log(JSON.stringify(trainWith(lockstep)));
