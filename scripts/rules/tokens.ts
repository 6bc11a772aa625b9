// Splits a rule's header into tokens, each with the line on which it stands.

export interface Token {
  /** 'end' stands once, after the last token of the file. */
  readonly kind: 'name' | 'number' | 'punctuation' | 'end';
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** The `///` comment right before the token, without its slashes; empty where there is none. */
  readonly doc: string;
}

export interface Header {
  readonly file: string;
  /** The `//` comment that the file starts with, without its slashes, a line an entry. */
  readonly head: readonly string[];
  readonly tokens: readonly Token[];
}

/** What a header says that the rule language has no words for, or words for something else. */
export class RuleError extends Error {
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = 'RuleError';
  }
}

/** Comments, preprocessor lines, names, numbers and punctuation, tried in this order at each place. */
const patterns = [
  ['doc', /\/\/\/ ?(.*)/y],
  ['comment', /\/\/.*/y],
  ['preprocessor', /#.*/y],
  ['space', /[ \t\r]+/y],
  ['newline', /\n/y],
  ['name', /[A-Za-z_]\w*/y],
  ['number', /\d+(?:\.\d+)?(?:e[-+]?\d+)?/y],
  ['punctuation', /::|[-+*/=<>(){}[\];:,&?]/y],
] as const;

/** @param file the name that errors give, such as `src/rules/adam.h` */
export function tokenize(file: string, source: string): Header {
  const tokens: Token[] = [];
  let line = 1;
  let doc = '';
  for (let at = 0; at < source.length; ) {
    const found = patterns.flatMap(([kind, pattern]) => {
      pattern.lastIndex = at;
      const match = pattern.exec(source);
      return match === null ? [] : [{ kind, match }];
    })[0];
    if (found === undefined) throw new RuleError(file, line, `${JSON.stringify(source[at])} has no place in a rule`);
    const { kind, match } = found;
    at += match[0].length;
    if (kind === 'newline') line++;
    if (kind === 'doc') doc = doc === '' ? match[1] : `${doc}\n${match[1]}`;
    if (kind === 'name' || kind === 'number' || kind === 'punctuation') {
      tokens.push({ kind, text: match[0], line, doc });
      doc = '';
    }
  }
  tokens.push({ kind: 'end', text: 'the end of the file', line, doc });
  return { file, head: headOf(source), tokens };
}

function headOf(source: string): readonly string[] {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !/^\/\/(?!\/)/.test(line));
  return lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ''));
}
