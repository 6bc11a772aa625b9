// What the commands of npx lockstep have in common: their arguments, their help, and how they say what is wrong.

import { parseArgs } from 'node:util';

/** What is wrong, in a sentence; the command ends with exit code 1. */
export class CommandError extends Error {}

interface Command<Flag extends string> {
  readonly usage: string;
  /** Options without a value, beside `--help`. */
  readonly flags: readonly Flag[];
  /** How many arguments there may be that are no options. */
  readonly most: number;
}

interface Given<Flag extends string> {
  readonly flags: ReadonlySet<Flag>;
  readonly names: readonly string[];
}

function read<Flag extends string>({ flags, most }: Command<Flag>, args: readonly string[]) {
  const known = Object.fromEntries(flags.map((flag) => [flag, { type: 'boolean' } as const]));
  const options = { ...known, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: most > 0 });
  if (positionals.length > most) throw new CommandError(`there may be ${most} names at most, received ${positionals}`);
  const given = Object.keys(values) as (Flag | 'help')[];
  return { help: given.includes('help'), flags: new Set(given.filter((flag) => flag !== 'help')), names: positionals };
}

/** Runs a command with the arguments after its name, and answers with its exit code. */
export async function runCommand<Flag extends string>(
  command: Command<Flag>,
  args: readonly string[],
  run: (given: Given<Flag>) => number,
): Promise<number> {
  let given: ReturnType<typeof read<Flag>>;
  try {
    given = read(command, args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${command.usage}`);
    return 1;
  }
  if (given.help) {
    process.stdout.write(command.usage);
    return 0;
  }
  try {
    return run(given as Given<Flag>);
  } catch (error) {
    const isOfSystem = error instanceof Error && 'syscall' in error; // such as a folder that may not be written
    if (!(error instanceof CommandError) && !isOfSystem) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
