// TensorFlow.js: tf.train.adam and tf.train.momentum over a variable, on its cpu and its wasm backend.

import { type Peer, type PeerCase, type PeerScalars, type PeerSubject, requirePeer, versionOf } from './peer.js';

interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface Optimizer {
  applyGradients(gradients: Record<string, Tensor>): void;
  dispose(): void;
}
interface TensorFlow {
  readonly train: {
    adam(lr: number, beta1: number, beta2: number, eps: number): Optimizer;
    momentum(lr: number, momentum: number): Optimizer;
  };
  tensor1d(values: Float32Array): Tensor;
  variable(initial: Tensor, trainable: boolean, name: string): Tensor;
  setBackend(name: string): Promise<boolean>;
  env(): { set(flag: string, value: boolean): void };
  enableProdMode(): void;
}

let variables = 0;

function setUp(tf: TensorFlow, backend: string, name: string): Peer['setUp'] {
  return (which: PeerCase, param: Float32Array, grad: Float32Array, o: PeerScalars): PeerSubject => {
    const enter = () => void tf.setBackend(backend); // initialized before, so it has switched when it returns
    enter();
    const key = `param${variables++}`;
    const initial = tf.tensor1d(param);
    const variable = tf.variable(initial, true, key);
    const gradients = { [key]: tf.tensor1d(grad) };
    const optimizer =
      which === 'Adam' ? tf.train.adam(o.lr, o.beta1, o.beta2, o.eps) : tf.train.momentum(o.lr, o.momentum);
    return {
      name,
      enter,
      step: () => optimizer.applyGradients(gradients),
      read: () => {
        enter();
        return variable.dataSync();
      },
      dispose: () => {
        enter();
        for (const owned of [optimizer, variable, gradients[key], initial]) owned.dispose();
      },
    };
  };
}

export async function tfjs(backend: 'cpu' | 'wasm'): Promise<Peer> {
  const name = `@tensorflow/tfjs-backend-${backend}`;
  const tf = requirePeer('@tensorflow/tfjs-core') as TensorFlow;
  requirePeer(name);
  tf.enableProdMode();
  tf.env().set('IS_TEST', true); // else it prints an advertisement of its native package, which cannot be installed everywhere
  const listeners = process.listeners('uncaughtException');
  const started = await tf.setBackend(backend);
  for (const added of process.listeners('uncaughtException')) {
    if (!listeners.includes(added)) process.removeListener('uncaughtException', added); // it prints all of its own source
  }
  if (!started) throw new Error(`${name} does not start`);
  return { name: `tfjs-${backend}`, version: versionOf(name), setUp: setUp(tf, backend, `tfjs-${backend}`) };
}
