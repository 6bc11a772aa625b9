// Answers as bench/torch_child.py does, without PyTorch: for test/bench_report.test.ts.
import { createInterface } from 'node:readline';

const base64 = (...values) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
const answers = {
  hello: () => ({ torch: 'fake', deepspeed: null, threads: Number(process.env.OMP_NUM_THREADS) }),
  values: () => ({}),
  make: ({ optimizer }) => (optimizer === 'AdamW' ? {} : { error: 'the fake knows only AdamW' }),
  step: ({ calls }) => ({ ms: calls }),
  read: () => ({ param: base64(1.5, -2) }),
  drop: () => ({}),
};
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[request.do](request))}\n`);
}
