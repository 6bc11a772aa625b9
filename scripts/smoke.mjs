// smoke.mjs, copied into a project that has lockstep installed and run by any runtime: a short training with every
// optimizer, by import and by require. It prints one line of JSON: where it ran, on which backend, why no binary was
// loaded, and a hash of everything that was trained, which is the same wherever lockstep keeps its promise.

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import * as imported from 'lockstep';

const required = createRequire(import.meta.url)('lockstep');

/** Odd lengths, so that registers are never filled evenly; the last is long enough for a second thread. */
const lengths = [1, 7, 33, 1_031];
const long = 200_003;
const steps = 4;

/** Numbers in [-0.5, 0.5), the same everywhere: no Math.random, and none of the functions in which engines differ. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

/** Trains arrays of one type, and adds their bits to the hash. */
function train(Optimizer, options, FloatArray, sizes, hash) {
  const next = random(sizes.length);
  const fill = (arrays) => {
    for (const array of arrays) for (let i = 0; i < array.length; i++) array[i] = next();
    return arrays;
  };
  const params = fill(sizes.map((length) => new FloatArray(length)));
  const grads = sizes.map((length) => new FloatArray(length));
  const optimizer = new Optimizer(params, { lr: 0.01, ...options });
  for (let i = 0; i < steps; i++) optimizer.step(fill(grads));
  optimizer.eval?.();
  for (const array of params) hash.update(new Uint8Array(array.buffer));
  optimizer.dispose();
}

function hashOf(lockstep) {
  const hash = createHash('sha256');
  const optimizers = Object.values(lockstep).filter((value) => value.prototype instanceof lockstep.Optimizer);
  optimizers.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const FloatArray of [Float32Array, Float64Array]) {
    for (const Optimizer of optimizers) train(Optimizer, {}, FloatArray, lengths, hash);
    train(lockstep.AdamW, { clipNorm: 0.5, weightDecay: 0.1 }, FloatArray, lengths, hash);
    train(lockstep.Adam, { threads: 2 }, FloatArray, [long], hash);
  }
  return { optimizers: optimizers.length, hash: hash.digest('hex') };
}

const byImport = hashOf(imported);
const byRequire = hashOf(required);
if (byImport.hash !== byRequire.hash) throw new Error('import and require trained different bits');
if (imported.Adam !== required.Adam) throw new Error('import and require reached different classes');
const { name, available, loadError } = imported.backend();
const { bun, deno, node } = process.versions;
const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
const system = `${process.platform}-${process.arch}`;
const found = { runtime, system, backend: name, available, loadError: loadError?.message ?? null, ...byImport };
console.log(JSON.stringify(found));
