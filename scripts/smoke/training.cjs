// A short training with every optimizer, and what came of it: where it ran, on which backend, why no binary was loaded,
// and a hash of everything that was trained, which is the same wherever lockstep keeps its promise.
//
// CommonJS, so that programs of both kinds can use it. `process.getBuiltinModule` instead of `require`: bundlers that
// write ES modules leave no `require` to call.

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

/** Trains with what a program got by importing or requiring lockstep. */
exports.trainWith = (lockstep) => {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  // By the names of the exports: a bundler that minifies gives classes others.
  const names = Object.keys(lockstep).filter((name) => lockstep[name].prototype instanceof lockstep.Optimizer);
  const optimizers = names.sort().map((name) => lockstep[name]);
  for (const FloatArray of [Float32Array, Float64Array]) {
    for (const Optimizer of optimizers) train(Optimizer, {}, FloatArray, lengths, hash);
    train(lockstep.AdamW, { clipNorm: 0.5, weightDecay: 0.1 }, FloatArray, lengths, hash);
    train(lockstep.Adam, { threads: 2 }, FloatArray, [long], hash);
  }
  const { name, available, loadError } = lockstep.backend();
  const { bun, deno, node } = process.versions;
  return {
    runtime: bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`,
    system: `${process.platform}-${process.arch}`,
    backend: name,
    available,
    loadError: loadError?.message ?? null,
    optimizers: optimizers.length,
    hash: hash.digest('hex'),
  };
};
