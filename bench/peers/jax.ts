// jax-js: the update written with its numpy under jit, which is what an optimizer of its optax would be compiled to.

import { type Peer, requirePeer, versionOf } from './peer.js';

/** Every use of an array takes it; `ref` keeps it for another. */
interface Arr {
  readonly ref: Arr;
  add(other: Arr | number): Arr;
  sub(other: Arr | number): Arr;
  mul(other: Arr | number): Arr;
  div(other: Arr | number): Arr;
  dataSync(): Float32Array;
  dispose(): void;
}
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  jit(update: (...arrays: Arr[]) => Arr[]): (...arrays: Arr[]) => Arr[];
  blockUntilReady(arrays: readonly Arr[]): Promise<unknown>;
  readonly numpy: {
    array(values: Float32Array | number): Arr;
    zeros(shape: readonly number[]): Arr;
    sqrt(x: Arr): Arr;
  };
}

export async function jax(): Promise<Peer> {
  const { init, defaultDevice, jit, blockUntilReady, numpy: np } = requirePeer('@jax-js/jax') as Jax;
  if (!(await init('wasm')).includes('wasm')) throw new Error('@jax-js/jax has no wasm backend here');
  defaultDevice('wasm');
  return {
    name: 'jax-js',
    version: versionOf('@jax-js/jax'),
    setUp: (which, values, grads, { lr, momentum, beta1, beta2, eps }) => {
      const update =
        which === 'Adam'
          ? jit((param, grad, stepSize, rootScale, expAvg, expAvgSq) => {
              const m = expAvg.mul(beta1).add(grad.ref.mul(1 - beta1));
              const v = expAvgSq.mul(beta2).add(grad.ref.mul(grad).mul(1 - beta2));
              const change = m.ref.div(np.sqrt(v.ref).mul(rootScale).add(eps)).mul(stepSize);
              return [param.sub(change), m, v];
            })
          : jit((param, grad, velocity) => {
              const v = velocity.mul(momentum).sub(grad.mul(lr));
              return [param.add(v.ref), v];
            });
      const zeros = () => np.zeros([values.length]);
      const grad = np.array(grads);
      let [param, ...state] = [np.array(values), ...(which === 'Adam' ? [zeros(), zeros()] : [zeros()])];
      let t = 0;
      return {
        name: 'jax-js',
        step: async () => {
          t++;
          const ofStep =
            which === 'Adam' ? [np.array(lr / (1 - beta1 ** t)), np.array(1 / Math.sqrt(1 - beta2 ** t))] : [];
          [param, ...state] = update(param, grad.ref, ...ofStep, ...state);
          await blockUntilReady([param, ...state]);
        },
        read: () => param.ref.dataSync(),
        dispose: () => {
          for (const array of [param, grad, ...state]) array.dispose();
        },
      };
    },
  };
}
