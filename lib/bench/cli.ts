// npx lockstep bench: how fast this machine is, and whether all of its backends agree.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Disagreement } from './check.js';
import { page } from './html.js';
import {
  agreementText,
  describeEnvironment,
  environmentText,
  explanation,
  type Results,
  throughputText,
} from './results.js';
import { cases, type OptimizerName } from './subjects.js';
import { type Extent, measureThroughput, type Throughput } from './throughput.js';

export interface Options extends Extent {
  /** The optimizers to be measured; none means all. */
  readonly only: readonly OptimizerName[];
  readonly json: boolean;
  readonly html: string | undefined;
  readonly help: boolean;
}

const optimizers: readonly OptimizerName[] = [...new Set(cases.map(({ optimizer }) => optimizer))];

export const usage = `npx lockstep bench [options]

  --quick         small sizes and few rounds: a few seconds instead of about a minute
  --only NAME     one optimizer of ${optimizers.join(', ')}; may be repeated
  --all-backends  time every native backend that this machine has, not only the one that runs by default
  --json          write the results to stdout as JSON, and nothing else
  --html FILE     write the results to a page with charts, too
  --help          this text

It checks that all backends write the same bits, and exits with code 1 where they do not.
`;

/** What is wrong with the options, in a sentence. */
export class UsageError extends Error {}

const flags = ['quick', 'all-backends', 'json', 'help'] as const;
const withValue = { only: `one of ${optimizers.join(', ')}`, html: 'the name of a file' } as const;

function isOptimizer(name: string): name is OptimizerName {
  return (optimizers as readonly string[]).includes(name);
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const known = [...flags, ...Object.keys(withValue)];
  const { values, tokens } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      'all-backends': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      html: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
    strict: false, // its errors are several sentences long
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional' || !known.includes(token.name)) {
      const received = token.kind === 'positional' ? token.value : token.rawName;
      throw new UsageError(`bench has the options --${known.join(', --')}, received '${received}'`);
    }
    if (Object.hasOwn(withValue, token.name)) {
      if (token.value && (token.inlineValue || !token.value.startsWith('-'))) continue;
      throw new UsageError(
        `--${token.name} must be followed by ${withValue[token.name as keyof typeof withValue]}, received ${token.value ? `'${token.value}'` : 'nothing'}`,
      );
    }
    if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value, received '${token.value}'`);
  }
  const only = values.only as readonly string[]; // each was seen to have a value
  const other = only.find((name) => !isOptimizer(name));
  if (other !== undefined) throw new UsageError(`--only must be ${withValue.only}, received '${other}'`);
  return {
    quick: values.quick === true,
    allBackends: values['all-backends'] === true,
    json: values.json === true,
    help: values.help === true,
    only: only.filter(isOptimizer),
    html: typeof values.html === 'string' ? values.html : undefined,
  };
}

/** Before anything is measured: a minute is long to wait for an error. */
function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--html must be a file that can be written, received '${file}' (${reason})`);
  }
}

/** On a terminal, what is measured right now. */
function showProgress(label: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${label === '' ? '' : `${label} …`}`);
}

/** V8 asks for each element whether its array is still attached once any buffer was transferred, as most programs do somewhere. */
function transferOnce(): void {
  const transferred = new ArrayBuffer(1);
  structuredClone(transferred, { transfer: [transferred] });
}

function measure({ only, json, ...extent }: Options, args: readonly string[]): Results {
  const environment = describeEnvironment(args); // first, while the load is not our own
  const print = (text: string) => {
    if (!json) process.stdout.write(`${text}\n\n`);
  };
  print(environmentText(environment));
  transferOnce();
  const throughput: Throughput[] = [];
  for (const which of cases) {
    if (only.length > 0 && !only.includes(which.optimizer)) continue;
    const measured = measureThroughput(which, extent, showProgress);
    showProgress('');
    throughput.push(measured);
    print(throughputText(measured));
  }
  const results = { environment, throughput };
  print(`${agreementText(results)}\n\n${explanation}`);
  return results;
}

/** @returns the exit code */
export async function bench(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) {
      process.stdout.write(usage);
      return 0;
    }
    if (options.html !== undefined) checkWritable(options.html);
    const results = measure(options, args);
    if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    if (options.html !== undefined) {
      writeFileSync(options.html, page(results));
      process.stderr.write(`The charts are in ${options.html}\n`);
    }
    return 0;
  } catch (error) {
    showProgress('');
    if (error instanceof Disagreement) {
      process.stderr.write(`\nTHE BACKENDS DISAGREE, please report it: ${error.message}\n`);
      return 1;
    }
    const isExpected = error instanceof UsageError || (error instanceof Error && 'code' in error);
    if (!isExpected) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
