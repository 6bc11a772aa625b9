// The ESM door to the same CommonJS build: however lockstep is reached, there is one copy of each class.
export * from './index.js';
