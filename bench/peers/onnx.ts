// onnxruntime-node: the update as a graph of elementwise nodes whose inputs are the caller's arrays, and whose outputs are
// written back into them. On one thread; `run` is asynchronous.

import { type Peer, type PeerCase, type PeerScalars, requirePeer, versionOf } from './peer.js';

interface Tensor {
  readonly data: Float32Array;
}
interface Session {
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor>): Promise<unknown>;
  release(): Promise<void>;
}
interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
}

/** The wire format of protocol buffers, as far as a graph needs it: field number, then varint or bytes. */
const wire = {
  varint(value: number): number[] {
    const bytes: number[] = [];
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return [...bytes, rest];
      bytes.push((rest % 128) + 128);
    }
  },
  int: (field: number, value: number) => [...wire.varint(field * 8), ...wire.varint(value)],
  bytes: (field: number, content: readonly number[]) => [
    ...wire.varint(field * 8 + 2),
    ...wire.varint(content.length),
    ...content,
  ],
  text: (field: number, content: string) => wire.bytes(field, [...Buffer.from(content)]),
};

const float = 1;

/** ValueInfoProto: a name, and that it is an f32 tensor of this length. */
function value(name: string, length: number): number[] {
  const shape = wire.bytes(1, wire.int(1, length));
  const type = wire.bytes(1, [...wire.int(1, float), ...wire.bytes(2, shape)]);
  return [...wire.text(1, name), ...wire.bytes(2, type)];
}

/** TensorProto of one element. */
function constant(name: string, content: number): number[] {
  const raw = Buffer.from(Float32Array.of(content).buffer);
  return [...wire.int(1, 1), ...wire.int(2, float), ...wire.text(8, name), ...wire.bytes(9, [...raw])];
}

type Node = readonly [output: string, operation: string, ...inputs: string[]];

const graphs: Readonly<
  Record<
    PeerCase,
    { readonly state: readonly string[]; readonly ofStep: readonly string[]; readonly nodes: readonly Node[] }
  >
> = {
  Adam: {
    state: ['m', 'v'],
    ofStep: ['stepSize', 'rootScale'],
    nodes: [
      ['oldM', 'Mul', 'm', 'beta1'],
      ['newM', 'Mul', 'grad', 'rest1'],
      ['mNext', 'Add', 'oldM', 'newM'],
      ['square', 'Mul', 'grad', 'grad'],
      ['oldV', 'Mul', 'v', 'beta2'],
      ['newV', 'Mul', 'square', 'rest2'],
      ['vNext', 'Add', 'oldV', 'newV'],
      ['root', 'Sqrt', 'vNext'],
      ['scaled', 'Mul', 'root', 'rootScale'],
      ['divisor', 'Add', 'scaled', 'eps'],
      ['direction', 'Div', 'mNext', 'divisor'],
      ['change', 'Mul', 'direction', 'stepSize'],
      ['paramNext', 'Sub', 'param', 'change'],
    ],
  },
  Momentum: {
    state: ['v'],
    ofStep: [],
    nodes: [
      ['old', 'Mul', 'v', 'momentum'],
      ['new', 'Mul', 'grad', 'lr'],
      ['vNext', 'Sub', 'old', 'new'],
      ['paramNext', 'Add', 'param', 'vNext'],
    ],
  },
};

function model(which: PeerCase, length: number, o: PeerScalars): Uint8Array {
  const { state, ofStep, nodes } = graphs[which];
  const constants = { ...o, rest1: 1 - o.beta1, rest2: 1 - o.beta2 };
  const used = Object.entries(constants).filter(([name]) => nodes.some(([, , ...inputs]) => inputs.includes(name)));
  const written = ['param', ...state];
  const graph = [
    ...nodes.flatMap(([output, operation, ...inputs]) =>
      wire.bytes(1, [
        ...inputs.flatMap((name) => wire.text(1, name)),
        ...wire.text(2, output),
        ...wire.text(4, operation),
      ]),
    ),
    ...wire.text(2, 'step'),
    ...used.flatMap(([name, content]) => wire.bytes(5, constant(name, content))),
    ...[...written, 'grad'].flatMap((name) => wire.bytes(11, value(name, length))),
    ...ofStep.flatMap((name) => wire.bytes(11, value(name, 1))),
    ...written.flatMap((name) => wire.bytes(12, value(`${name}Next`, length))),
  ];
  const opset = [...wire.text(1, ''), ...wire.int(2, 13)];
  return Uint8Array.from([...wire.int(1, 8), ...wire.bytes(7, graph), ...wire.bytes(8, opset)]);
}

export function onnx(): Peer {
  const name = 'onnxruntime-node';
  const { InferenceSession, Tensor } = requirePeer(name) as OnnxRuntime;
  return {
    name,
    version: versionOf(name),
    setUp: async (which, values, grad, o) => {
      const { state, ofStep } = graphs[which];
      const { length } = values;
      const session = await InferenceSession.create(model(which, length, o), {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      const tensor = (data: Float32Array) => new Tensor('float32', data, [data.length]);
      const param = tensor(values.slice());
      const feeds: Record<string, Tensor> = { param, grad: tensor(grad) };
      for (const key of state) feeds[key] = tensor(new Float32Array(length));
      const fetches = Object.fromEntries(['param', ...state].map((key) => [`${key}Next`, feeds[key]]));
      for (const key of ofStep) feeds[key] = tensor(new Float32Array(1));
      let t = 0;
      return {
        name,
        step: async () => {
          t++;
          if (which === 'Adam') {
            feeds.stepSize.data[0] = o.lr / (1 - o.beta1 ** t);
            feeds.rootScale.data[0] = 1 / Math.sqrt(1 - o.beta2 ** t);
          }
          await session.run(feeds, fetches);
        },
        read: () => param.data,
        dispose: () => void session.release(),
      };
    },
  };
}
