// @ruvector/attention: native code (Rust) that updates a Float32Array in place. Its betas and eps are fixed, at 0.9, 0.999, 1e-8.

import { type Peer, requirePeer, versionOf } from './peer.js';

interface Optimizer {
  stepInPlace(param: Float32Array, grad: Float32Array): void;
}
interface Attention {
  readonly AdamOptimizer: new (length: number, lr: number) => Optimizer;
  readonly SgdOptimizer: { withMomentum(length: number, lr: number, momentum: number): Optimizer };
}

export function ruvector(): Peer {
  const name = '@ruvector/attention';
  const { AdamOptimizer, SgdOptimizer } = requirePeer(name) as Attention;
  return {
    name,
    version: versionOf(name),
    setUp: (which, values, grad, { lr, momentum, beta1, beta2, eps }) => {
      if (beta1 !== 0.9 || beta2 !== 0.999 || eps !== 1e-8) throw new Error(`${name} has other betas or another eps`);
      const param = values.slice();
      const optimizer =
        which === 'Adam' ? new AdamOptimizer(param.length, lr) : SgdOptimizer.withMomentum(param.length, lr, momentum);
      return { name, step: () => optimizer.stepInPlace(param, grad), read: () => param };
    },
  };
}
