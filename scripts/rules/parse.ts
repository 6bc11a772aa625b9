// Parses the small part of C++ that rules are written in. Whatever else stands in a header is an error that names its line.
//
//   file        `namespace lockstep { namespace { … } }` with structs and `using` lines
//   struct      LOCKSTEP_COEFFICIENTS and its kin, then functions; `template <bool flag>` makes variants,
//               `template <class Rule>` a rule that is made of another
//   using       `using AMSGrad = AdamOf<true>;` or `using CautiousAdam = Cautious<Adam>;`
//   statement   `V& m = state[expAvg];`  `const V d = …;`  `V change = …;`  `m = …;`  `values[norm] = …;`
//               `Rule::update(c, change, grad, state);`  `if constexpr (flag) … else …`  `return …;`
//   expression  names, `c[name]`, calls, parentheses, + - * /

import { type Header, RuleError, type Token } from './tokens.js';

export type Expression =
  | { readonly kind: 'name'; readonly name: string; readonly line: number }
  | { readonly kind: 'coefficient'; readonly name: string; readonly line: number }
  | { readonly kind: 'constant'; readonly value: number; readonly line: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[]; readonly line: number }
  | {
      readonly kind: 'binary';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Expression;
      readonly right: Expression;
      readonly line: number;
    };

export type Statement =
  /** `V& name = target`, where the target is a parameter of the function or, with `isState`, an array of state. */
  | {
      readonly kind: 'alias';
      readonly name: string;
      readonly target: string;
      readonly isState: boolean;
      readonly line: number;
    }
  | {
      readonly kind: 'declare';
      readonly name: string;
      readonly isConst: boolean;
      readonly value: Expression;
      readonly line: number;
    }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression; readonly line: number }
  | { readonly kind: 'measure'; readonly name: string; readonly value: Expression; readonly line: number }
  /** `Rule::update(c, param, grad, state)` in a rule that is made of another. */
  | { readonly kind: 'update'; readonly args: readonly Expression[]; readonly line: number }
  | {
      readonly kind: 'if';
      readonly flag: string;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
      readonly line: number;
    }
  | { readonly kind: 'return'; readonly value: Expression; readonly line: number };

export interface FunctionOf {
  readonly name: string;
  /** The names of the parameters in order; a parameter without a name is ''. */
  readonly parameters: readonly string[];
  readonly body: readonly Statement[];
}

export interface Struct {
  readonly name: string;
  readonly doc: string;
  /** What stands in `template <…>`: a flag that chooses a variant, or the rule that this one is made of. */
  readonly template: { readonly kind: 'bool' | 'class'; readonly name: string } | undefined;
  readonly coefficients: readonly string[];
  /** The name of the template's rule, whose coefficients stand before these. */
  readonly coefficientsAfter: string | undefined;
  readonly state: readonly string[];
  readonly stateOf: string | undefined;
  readonly measures: readonly string[];
  readonly functions: readonly FunctionOf[];
  readonly line: number;
}

/** `using name = of<argument>;` */
export interface Alias {
  readonly name: string;
  readonly doc: string;
  readonly of: string;
  readonly argument: string;
  readonly line: number;
}

export interface RuleFile {
  readonly file: string;
  readonly head: readonly string[];
  readonly structs: readonly Struct[];
  readonly aliases: readonly Alias[];
}

export function parse({ file, head, tokens }: Header): RuleFile {
  const structs: Struct[] = [];
  const aliases: Alias[] = [];
  let at = 0;

  const peek = (ahead = 0): Token => tokens[Math.min(at + ahead, tokens.length - 1)];
  const is = (text: string, ahead = 0) => peek(ahead).text === text && peek(ahead).kind !== 'end';

  function fail(token: Token, expected: string): never {
    throw new RuleError(file, token.line, `expected ${expected}, found ${token.text}`);
  }

  function take(...texts: readonly string[]): Token {
    const first = peek();
    for (const text of texts) {
      if (!is(text)) fail(peek(), text);
      at++;
    }
    return first;
  }

  function takeIf(text: string): boolean {
    if (!is(text)) return false;
    at++;
    return true;
  }

  function name(what: string): string {
    if (peek().kind !== 'name') fail(peek(), what);
    return tokens[at++].text;
  }

  /** `a, b, c` up to the closing bracket, which is taken, too. */
  function listUntil<T>(close: string, entry: () => T): readonly T[] {
    const entries: T[] = [];
    if (takeIf(close)) return entries;
    do entries.push(entry());
    while (takeIf(','));
    take(close);
    return entries;
  }

  function expression(): Expression {
    let left = product();
    while (is('+') || is('-')) {
      const { text, line } = tokens[at++];
      left = { kind: 'binary', operator: text as '+' | '-', left, right: product(), line };
    }
    return left;
  }

  function product(): Expression {
    let left = primary();
    while (is('*') || is('/')) {
      const { text, line } = tokens[at++];
      left = { kind: 'binary', operator: text as '*' | '/', left, right: primary(), line };
    }
    return left;
  }

  function primary(): Expression {
    const { line } = peek();
    if (takeIf('(')) {
      const inner = expression();
      take(')');
      return inner;
    }
    const called = name('a name, a call or a parenthesis (numbers stand in constant<V>(…))');
    if (called === 'constant') return constant(line);
    if (called === 'c' && takeIf('[')) {
      const coefficient = name('the name of a coefficient');
      take(']');
      return { kind: 'coefficient', name: coefficient, line };
    }
    if (takeIf('(')) return { kind: 'call', name: called, args: listUntil(')', expression), line };
    return { kind: 'name', name: called, line };
  }

  /** `constant<V>(0.5)`. Both types must hold the value exactly: rounding it is no part of a rule. */
  function constant(line: number): Expression {
    take('<', 'V', '>', '(');
    const sign = takeIf('-') ? -1 : 1;
    if (peek().kind !== 'number') fail(peek(), 'a number');
    const value = sign * Number(tokens[at++].text);
    take(')');
    if (Math.fround(value) !== value) throw new RuleError(file, line, `the constant ${value} is no float32`);
    return { kind: 'constant', value, line };
  }

  function statements(): readonly Statement[] {
    const body: Statement[] = [];
    while (!takeIf('}')) body.push(...statement());
    return body;
  }

  function statement(): readonly Statement[] {
    const { line } = peek();
    if (takeIf('if')) return [ifConstexpr(line)];
    if (takeIf('return')) {
      const value = expression();
      take(';');
      return [{ kind: 'return', value, line }];
    }
    if (is('const') || is('V')) return declaration();
    if (is('values') && is('[', 1)) {
      at += 2;
      const measured = name('the name of what is measured');
      take(']', '=');
      const value = expression();
      take(';');
      return [{ kind: 'measure', name: measured, value, line }];
    }
    if (is('::', 1)) {
      at++;
      take('::', 'update', '(');
      const args = listUntil(')', expression);
      take(';');
      return [{ kind: 'update', args, line }];
    }
    const assigned = name('a statement');
    take('=');
    const value = expression();
    take(';');
    return [{ kind: 'assign', name: assigned, value, line }];
  }

  function ifConstexpr(line: number): Statement {
    take('constexpr', '(');
    const flag = name('the name of a template flag');
    take(')');
    const branch = () => (takeIf('{') ? statements() : statement());
    const then = branch();
    const otherwise = takeIf('else') ? branch() : [];
    return { kind: 'if', flag, then, otherwise, line };
  }

  /** `V &m = state[expAvg], &v = …;`, `const V d = …, e = …;` or `V change = …;` */
  function declaration(): readonly Statement[] {
    const isConst = takeIf('const');
    take('V');
    const declared: Statement[] = [];
    do {
      const { line } = peek();
      const isAlias = takeIf('&');
      const local = name('the name of a local');
      take('=');
      if (isAlias) declared.push(alias(local, line));
      else declared.push({ kind: 'declare', name: local, isConst, value: expression(), line });
    } while (takeIf(','));
    take(';');
    return declared;
  }

  function alias(local: string, line: number): Statement {
    const target = name('state[…] or a parameter');
    if (target !== 'state') return { kind: 'alias', name: local, target, isState: false, line };
    take('[');
    const array = name('the name of a state array');
    take(']');
    return { kind: 'alias', name: local, target: array, isState: true, line };
  }

  /** `template <class V> static void update(const V* c, V& param, V grad, V* state) { … }` */
  function functionOf(): FunctionOf {
    take('template', '<', 'class', 'V', '>', 'static');
    if (!takeIf('void')) take('V');
    const called = name('the name of a function');
    take('(');
    const parameters = listUntil(')', () => {
      takeIf('const');
      take('V');
      if (!takeIf('*')) takeIf('&');
      return peek().kind === 'name' ? name('') : '';
    });
    take('{');
    return { name: called, parameters, body: statements() };
  }

  /** The names that stand in one of the macros of src/rules/rule.h, or nothing where another macro stands here. */
  function macro(
    ...names: readonly string[]
  ): { readonly found: string; readonly list: readonly string[] } | undefined {
    const found = names.find((each) => is(`LOCKSTEP_${each}`));
    if (found === undefined) return undefined;
    at++;
    return { found, list: takeIf('(') ? listUntil(')', () => name('a name')) : [] };
  }

  function struct(template: Struct['template'], doc: string): Struct {
    const { line } = take('struct');
    const called = name('the name of a struct');
    take('{');
    const coefficients = macro('COEFFICIENTS', 'NO_COEFFICIENTS', 'COEFFICIENTS_AFTER');
    if (coefficients === undefined) fail(peek(), `LOCKSTEP_COEFFICIENTS of ${called}`);
    const isAfter = coefficients.found === 'COEFFICIENTS_AFTER';
    const state = macro('STATE', 'NO_STATE', 'STATE_OF');
    const measures = macro('MEASURES');
    const functions: FunctionOf[] = [];
    while (!takeIf('}')) {
      if (takeIf('private')) take(':');
      functions.push(functionOf());
    }
    take(';');
    return {
      name: called,
      doc,
      template,
      coefficients: isAfter ? coefficients.list.slice(1) : coefficients.list,
      coefficientsAfter: isAfter ? coefficients.list[0] : undefined,
      state: state?.found === 'STATE' ? state.list : [],
      stateOf: state?.found === 'STATE_OF' ? state.list[0] : undefined,
      measures: measures?.list ?? [],
      functions,
      line,
    };
  }

  function item(): void {
    const { doc, line } = peek();
    if (takeIf('using')) {
      const called = name('the name of a rule');
      take('=');
      const of = name('the name of a template');
      take('<');
      const argument = name('true, false or the name of a rule');
      take('>', ';');
      aliases.push({ name: called, doc, of, argument, line });
      return;
    }
    if (!takeIf('template')) {
      structs.push(struct(undefined, doc));
      return;
    }
    take('<');
    const kind = is('bool') ? 'bool' : 'class';
    take(kind);
    const parameter = name('the name of a template parameter');
    take('>');
    structs.push(struct({ kind, name: parameter }, doc));
  }

  take('namespace', 'lockstep', '{', 'namespace', '{');
  while (!is('}')) item();
  take('}', '}');
  if (peek().kind !== 'end') fail(peek(), 'the end of the file');
  return { file, head, structs, aliases };
}
