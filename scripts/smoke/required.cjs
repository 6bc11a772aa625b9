exports.required = require('lockstep'); // for both.mjs
