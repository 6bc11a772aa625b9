#!/usr/bin/env node
// npx lockstep: what can be asked of the installed package from a shell.

interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Runs it with the arguments after its name, and answers with the exit code. Loaded when it is asked for. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  bench: {
    summary: 'how fast the optimizers are on this machine, and whether all backends agree bit by bit',
    run: async (args) => (await import('./bench/cli.js')).bench(args),
  },
  build: {
    summary: 'compiles a binary for this machine, where the package brings none; needs a C++17 compiler and CMake',
    run: async (args) => (await import('./build.js')).build(args),
  },
  copy: {
    summary: 'copies the binaries into the folder of a bundle',
    run: async (args) => (await import('./copy.js')).copy(args),
  },
  doctor: {
    summary: 'which backend runs here, which binaries were tried, and how to have it run natively',
    run: async (args) => (await import('./doctor.js')).doctor(args),
  },
  embed: {
    summary: 'writes a JavaScript module that holds the binary, for a bundle or a single executable',
    run: async (args) => (await import('./embed.js')).embed(args),
  },
};

function usage(): string {
  const width = Math.max(0, ...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['npx lockstep COMMAND [--help]', 'npx lockstep --version', '', ...lines, ''].join('\n');
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return name === undefined ? 1 : 0;
  }
  if (name === '--version' || name === '-v') {
    const { installedVersion } = await import('./version.js');
    process.stdout.write(`${installedVersion()}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands).join(', ');
    process.stderr.write(`the command must be one of ${known}, received '${name}'\n\n${usage()}`);
    return 1;
  }
  return commands[name].run(args);
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
