// Makes of parsed headers what one element goes through: templates instantiated, helpers inlined, aliases followed, so that
// a list of assignments to locals is left.

import type { Expression, FunctionOf, RuleFile, Statement, Struct } from './parse.js';
import { RuleError } from './tokens.js';

/** An expression whose names are locals. */
export type Value =
  | { readonly kind: 'local'; readonly local: Local }
  | { readonly kind: 'coefficient'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Value[] }
  | {
      readonly kind: 'binary';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Value;
      readonly right: Value;
    };

/** A variable of one element: loaded from an array, or computed. */
export interface Local {
  name: string;
  /** 'param', 'grad' or the name of a state array, where the local is loaded from one; else undefined. */
  readonly array: string | undefined;
}

/** `local = value`, or where `measured` is given: what is measured under that name. */
export type Line =
  | { readonly kind: 'assign'; readonly local: Local; readonly value: Value }
  | { readonly kind: 'measure'; readonly name: string; readonly value: Value };

/** What one function of a rule does to one element. */
export interface Program {
  readonly lines: readonly Line[];
}

export interface ResolvedRule {
  readonly name: string;
  readonly doc: string;
  /** The name of the template, where the rule is made of another: `Cautious`. */
  readonly madeBy: string | undefined;
  readonly coefficients: readonly string[];
  readonly state: readonly string[];
  readonly measures: readonly string[];
  /** The name of the function that changes arrays: 'update', or 'apply' for the prologue, which changes the gradient, too. */
  readonly main: 'update' | 'apply';
  readonly programs: ReadonlyMap<string, Program>;
}

/** How many arguments each function takes that rules may use; src/rules/rule.h and src/simd/ define them. */
const functions: Readonly<Record<string, number>> = {
  sqrt: 1,
  abs: 1,
  max: 2,
  sign: 1,
  limit: 3,
  clamp: 2,
  ifGreater: 4,
  ifInfinite: 3,
};

/** The rules of one header. `all` has the headers of whatever templates it uses. */
export function resolve(file: RuleFile, all: readonly RuleFile[]): readonly ResolvedRule[] {
  const structs = [...file.structs, ...all.flatMap((each) => (each === file ? [] : each.structs))];
  const aliases = [...file.aliases, ...all.flatMap((each) => (each === file ? [] : each.aliases))];

  function fail(line: number, message: string): never {
    throw new RuleError(file.file, line, message);
  }

  function structOf(name: string, line: number): Struct {
    return structs.find((each) => each.name === name) ?? fail(line, `there is no struct ${name} in any header`);
  }

  /** A struct with what its template parameter stands for: a flag's value, or a rule. */
  interface Instance {
    readonly struct: Struct;
    readonly flag: boolean;
    readonly inner: Instance | undefined;
  }

  function instanceOf(name: string, line: number): Instance {
    const alias = aliases.find((each) => each.name === name);
    if (alias === undefined) {
      const struct = structOf(name, line);
      if (struct.template !== undefined) fail(line, `${name} is a template, and needs an argument`);
      return { struct, flag: false, inner: undefined };
    }
    const struct = structOf(alias.of, line);
    if (struct.template === undefined) fail(line, `${alias.of} is no template`);
    if (struct.template.kind === 'class') return { struct, flag: false, inner: instanceOf(alias.argument, line) };
    if (alias.argument !== 'true' && alias.argument !== 'false') {
      fail(line, `${alias.of} takes true or false, not ${alias.argument}`);
    }
    return { struct, flag: alias.argument === 'true', inner: undefined };
  }

  function coefficientsOf({ struct, inner }: Instance): readonly string[] {
    return struct.coefficientsAfter === undefined || inner === undefined
      ? struct.coefficients
      : [...coefficientsOf(inner), ...struct.coefficients];
  }

  function stateOf({ struct, inner }: Instance): readonly string[] {
    return struct.stateOf === undefined || inner === undefined ? struct.state : stateOf(inner);
  }

  function resolved(name: string, doc: string, line: number): ResolvedRule {
    const instance = instanceOf(name, line);
    const { struct } = instance;
    const main = struct.functions.some((each) => each.name === 'apply') ? 'apply' : 'update';
    const coefficients = coefficientsOf(instance);
    const state = stateOf(instance);
    const programs = new Map<string, Program>();
    for (const entry of [main, ...(struct.measures.length > 0 ? ['measure'] : [])]) {
      programs.set(entry, programOf(instance, entry, coefficients, state));
    }
    return {
      name,
      doc,
      madeBy: struct.template?.kind === 'class' ? struct.name : undefined,
      coefficients,
      state,
      measures: struct.measures,
      main,
      programs,
    };
  }

  function programOf(
    instance: Instance,
    entry: string,
    coefficients: readonly string[],
    state: readonly string[],
  ): Program {
    const lines: Line[] = [];
    const states = new Map(state.map((name) => [name, { name, array: name } as Local]));
    const locals: Local[] = [];

    /** A new local, whose name no other thing of the loop has. */
    function newLocal(name: string, array: string | undefined, line: number): Local {
      if (coefficients.includes(name) || state.includes(name) || locals.some((each) => each.name === name)) {
        fail(line, `${name} is the name of something else here, too: give this local another name`);
      }
      const local = { name, array };
      locals.push(local);
      return local;
    }

    function functionNamed(of: Instance, name: string, line: number): FunctionOf {
      const found = of.struct.functions.find((each) => each.name === name);
      return found ?? fail(line, `${of.struct.name} has no function ${name}`);
    }

    /** Runs a function with arguments that are locals, and answers with what it returns. */
    function run(
      of: Instance,
      called: FunctionOf,
      args: readonly (Local | undefined)[],
      line: number,
    ): Value | undefined {
      const scope = new Map<string, Local>();
      called.parameters.forEach((parameter, k) => {
        const local = args[k];
        if (local !== undefined && parameter !== '') scope.set(parameter, local);
      });

      function local(name: string, at: number): Local {
        return scope.get(name) ?? fail(at, `${name} is no local, no parameter and no state array here`);
      }

      function value(expression: Expression): Value {
        switch (expression.kind) {
          case 'constant':
            return expression;
          case 'name':
            return { kind: 'local', local: local(expression.name, expression.line) };
          case 'coefficient':
            if (!coefficients.includes(expression.name)) {
              fail(expression.line, `${expression.name} is no coefficient of ${of.struct.name}`);
            }
            return expression;
          case 'binary': {
            const left = value(expression.left);
            return { kind: 'binary', operator: expression.operator, left, right: value(expression.right) };
          }
          case 'call':
            return call(expression.name, expression.args, expression.line);
        }
      }

      function call(name: string, given: readonly Expression[], at: number): Value {
        if (!Object.hasOwn(functions, name)) {
          const helper = functionNamed(of, name, at);
          const returned = run(of, helper, argumentsOf(given), at) ?? fail(at, `${name} returns nothing`);
          if (returned.kind === 'local') return returned;
          const made = newLocal(name.replace(/Of$/, ''), undefined, at);
          lines.push({ kind: 'assign', local: made, value: returned });
          return { kind: 'local', local: made };
        }
        if (functions[name] !== given.length)
          fail(at, `${name} takes ${functions[name]} arguments, found ${given.length}`);
        return { kind: 'call', name, args: given.map(value) };
      }

      /** Arguments are names alone. `c` and `state` stand for what every function has. */
      function argumentsOf(given: readonly Expression[]): readonly (Local | undefined)[] {
        return given.map((each) => {
          if (each.kind !== 'name') fail(each.line, 'a function of a rule takes names alone');
          return each.name === 'c' || each.name === 'state' ? undefined : local(each.name, each.line);
        });
      }

      function declare(name: string, given: Expression, at: number): void {
        const isHelper = given.kind === 'call' && !Object.hasOwn(functions, given.name);
        const declared = value(given);
        if (isHelper && declared.kind === 'local') {
          scope.set(name, declared.local); // the helper's own local: nobody else has it
          return;
        }
        const made = newLocal(name, undefined, at);
        scope.set(name, made);
        lines.push({ kind: 'assign', local: made, value: declared });
      }

      function alias(name: string, target: string, isState: boolean, at: number): void {
        const found = isState ? states.get(target) : scope.get(target);
        if (found === undefined) fail(at, `${target} is no ${isState ? 'state array' : 'parameter'} here`);
        if (!locals.includes(found)) locals.push(found);
        if (found.name === target) {
          if (locals.some((each) => each !== found && each.name === name)) fail(at, `${name} is declared twice`);
          found.name = name; // the name that the equation uses
        }
        scope.set(name, found);
      }

      function execute(body: readonly Statement[]): Value | undefined {
        for (const statement of body) {
          const { line: at } = statement;
          if (statement.kind === 'return') return value(statement.value);
          if (statement.kind === 'declare') declare(statement.name, statement.value, at);
          else if (statement.kind === 'alias') alias(statement.name, statement.target, statement.isState, at);
          else if (statement.kind === 'assign') {
            const assigned = value(statement.value);
            lines.push({ kind: 'assign', local: local(statement.name, at), value: assigned });
          } else if (statement.kind === 'measure') {
            if (!instance.struct.measures.includes(statement.name))
              fail(at, `${statement.name} is not in LOCKSTEP_MEASURES`);
            lines.push({ kind: 'measure', name: statement.name, value: value(statement.value) });
          } else if (statement.kind === 'if') {
            const { template } = of.struct;
            if (template?.kind !== 'bool' || template.name !== statement.flag) {
              fail(at, `${statement.flag} is no flag of ${of.struct.name}`);
            }
            execute(of.flag ? statement.then : statement.otherwise);
          } else {
            const { inner } = of;
            if (inner === undefined) fail(at, `${of.struct.name} is made of no other rule`);
            run(inner, functionNamed(inner, 'update', at), argumentsOf(statement.args), at);
          }
        }
        return undefined;
      }

      if (args.length !== called.parameters.length) {
        fail(line, `${called.name} takes ${called.parameters.length} arguments, found ${args.length}`);
      }
      return execute(called.body);
    }

    const called = functionNamed(instance, entry, instance.struct.line);
    const array = ['', 'param', 'grad'];
    const args = called.parameters.map((parameter, k) =>
      parameter === '' || array[k] === undefined || k === 0
        ? undefined
        : newLocal(parameter, array[k], instance.struct.line),
    );
    run(instance, called, args, instance.struct.line);
    return { lines };
  }

  const own = file.structs.filter(({ template }) => template === undefined);
  return [
    ...own.map(({ name, doc, line }) => resolved(name, doc, line)),
    ...file.aliases.map(({ name, doc, of, line }) => resolved(name, doc === '' ? structOf(of, line).doc : doc, line)),
  ];
}
