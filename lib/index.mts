// The types of the ESM door; scripts/bundle.mjs writes what it does.
export * from './index.js';
