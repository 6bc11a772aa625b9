// Prints resolved rules as TypeScript: one loop over float32 and one over float64, with the names of the C++ text.

import type { Line, Local, Program, ResolvedRule, Value } from './resolve.js';

/** What a value of the array's own type is rounded by: each operation once, as a C++ float is. */
interface Type {
  readonly name: 'f32' | 'f64';
  round(text: string): string;
}

const types: readonly Type[] = [
  { name: 'f32', round: (text) => `fround(${text})` },
  { name: 'f64', round: (text) => `(${text})` },
];

/** Functions whose result has to be rounded; what the others answer with is one of their arguments, or 0, 1 or -1. */
const rounded = new Set(['sqrt']);

function printValue(value: Value, type: Type): string {
  switch (value.kind) {
    case 'local':
      return value.local.name;
    case 'coefficient':
      return value.name;
    case 'constant':
      return String(value.value);
    case 'binary':
      return type.round(`${printValue(value.left, type)} ${value.operator} ${printValue(value.right, type)}`);
    case 'call': {
      const args = value.args.map((arg) => printValue(arg, type));
      if (value.name === 'ifGreater') return `(${args[0]} > ${args[1]} ? ${args[2]} : ${args[3]})`;
      if (value.name === 'ifInfinite') return `(${args[0]} === Infinity ? ${args[1]} : ${args[2]})`;
      const text = `${value.name}(${args.join(', ')})`;
      return rounded.has(value.name) ? type.round(text) : text;
    }
  }
}

function visit(value: Value, see: (value: Value) => void): void {
  see(value);
  const parts = value.kind === 'binary' ? [value.left, value.right] : value.kind === 'call' ? value.args : [];
  for (const part of parts) visit(part, see);
}

function collect<T>(lines: readonly Line[], of: (value: Value) => T | undefined): ReadonlySet<T> {
  const found = new Set<T>();
  for (const line of lines) {
    visit(line.value, (value) => {
      const each = of(value);
      if (each !== undefined) found.add(each);
    });
  }
  return found;
}

function localsOf(value: Value): ReadonlySet<Local> {
  const found = new Set<Local>();
  visit(value, (each) => {
    if (each.kind === 'local') found.add(each.local);
  });
  return found;
}

/** How a local lives: where it is assigned, and whether it is read before that, so that it must be loaded. */
interface Life {
  readonly local: Local;
  assignments: number;
  isLoaded: boolean;
}

function livesOf(lines: readonly Line[]): readonly Life[] {
  const lives = new Map<Local, Life>();
  const lifeOf = (local: Local) => {
    const life = lives.get(local) ?? { local, assignments: 0, isLoaded: false };
    lives.set(local, life);
    return life;
  };
  for (const line of lines) {
    visit(line.value, (value) => {
      if (value.kind !== 'local') return;
      const life = lifeOf(value.local);
      life.isLoaded ||= life.assignments === 0;
    });
    if (line.kind === 'assign') lifeOf(line.local).assignments++;
  }
  return [...lives.values()];
}

/** Arrays are loaded and stored in the order in which a tensor has them; what is computed comes after. */
function placeOf({ local: { array } }: Life, order: readonly string[]): number {
  return array === undefined ? order.length : order.indexOf(array);
}

const arrayNames: Readonly<Record<string, string>> = { param: 'params', grad: 'grads' };

/** Where the results of a function go: by the array that a local was loaded from. */
type Stores = (array: string) => string | undefined;

const storesOf: Readonly<Record<string, Stores>> = {
  update: (array) => (array === 'grad' ? undefined : (arrayNames[array] ?? array)),
  measure: () => undefined,
  apply: (array) => (array === 'grad' ? 'scaled' : 'decayed'),
};

const parametersOf: Readonly<Record<string, string>> = {
  update: 'c, params, grads, states',
  measure: 'c, params, grads, states, values',
  apply: 'c, params, grads, decayed, scaled',
};

/** What is measured where it is an array as it stands: copied at once, which is many times as fast as element by element. */
function isCopy(line: Line, lines: readonly Line[]): boolean {
  if (line.kind !== 'measure' || line.value.kind !== 'local' || line.value.local.array === undefined) return false;
  const { local } = line.value;
  return !lines.some((each) => each.kind === 'assign' && each.local === local);
}

const arrayOf = (name: string) => arrayNames[name] ?? name;

function printFunction(rule: ResolvedRule, entry: string, program: Program, type: Type): string {
  if (program.lines.length === 0) return `${type.name}() {},`;
  const copies = program.lines.filter((line) => isCopy(line, program.lines));
  const lines = program.lines.filter((line) => !copies.includes(line));
  const order = ['param', 'grad', ...rule.state];
  const lives = livesOf(lines).toSorted((a, b) => placeOf(a, order) - placeOf(b, order));
  const usedCoefficients = collect(lines, (value) => (value.kind === 'coefficient' ? value.name : undefined));
  const usedArrays = new Set(livesOf(program.lines).map(({ local }) => local.array));
  const stores = storesOf[entry];
  const declared = new Set<Local>();

  const printLine = (line: Line): string => {
    const value = printValue(line.value, type);
    if (line.kind === 'measure') return `${line.name}[i] = ${value};`;
    const life = lives.find(({ local }) => local === line.local);
    if (life?.isLoaded || declared.has(line.local)) return `${line.local.name} = ${value};`;
    declared.add(line.local);
    return `${life !== undefined && life.assignments > 1 ? 'let' : 'const'} ${line.local.name} = ${value};`;
  };

  const printCopy = (line: Line): string =>
    line.kind === 'measure' && line.value.kind === 'local'
      ? `copyInto(${line.name}, ${arrayOf(line.value.local.array ?? '')});`
      : '';

  /** The loads of what a line is the first to read: late, so that few values wait in registers. */
  const loadsBefore = (line: Line): readonly string[] =>
    lives.flatMap(({ local, assignments, isLoaded }) => {
      const first = lines.find(({ value }) => localsOf(value).has(local));
      if (!isLoaded || local.array === undefined || first !== line) return [];
      return [`${assignments > 0 ? 'let' : 'const'} ${local.name} = ${arrayOf(local.array)}[i];`];
    });

  /** The store of a line's local, right after the last line that assigns it: few values then wait in registers. */
  const storeAfter = (line: Line): readonly string[] => {
    const isLast = lines.findLast(
      (each) => each.kind === 'assign' && line.kind === 'assign' && each.local === line.local,
    );
    if (line.kind !== 'assign' || isLast !== line || line.local.array === undefined) return [];
    const to = stores(line.local.array);
    return to === undefined ? [] : [`${to}[i] = ${line.local.name};`];
  };
  const isUsed: Readonly<Record<string, boolean>> = {
    c: usedCoefficients.size > 0,
    params: lines.length > 0 || usedArrays.has('param'), // its length is that of the loop
    grads: usedArrays.has('grad'),
    states: rule.state.some((array) => usedArrays.has(array)),
  };
  const parameters = parametersOf[entry].split(', ').map((name) => ((isUsed[name] ?? true) ? name : `_${name}`));
  while (parameters.at(-1)?.startsWith('_')) parameters.pop();
  const arrayType = type.name === 'f32' ? 'Float32Array' : 'Float64Array';
  const typed = entry === 'apply' ? parameters.map((name) => `${name}: ${arrayType}`) : parameters;
  const loop = [
    'const { length } = params;',
    'for (let i = 0; i < length; i++) {',
    ...lines.flatMap((line) => [...loadsBefore(line), printLine(line), ...storeAfter(line)]),
    '}',
  ];
  return [
    `${type.name}(${typed.join(', ')})${entry === 'apply' ? ': void' : ''} {`,
    ...rule.coefficients.flatMap((name, k) => (usedCoefficients.has(name) ? [`const ${name} = c[${k}];`] : [])),
    ...rule.state.flatMap((name, k) => (usedArrays.has(name) ? [`const ${name} = states[${k}];`] : [])),
    ...(entry === 'measure' ? rule.measures.map((name, k) => `const ${name} = values[${k}];`) : []),
    ...copies.map(printCopy),
    ...(lines.length > 0 ? loop : []),
    '},',
  ].join('\n');
}

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

function comment(doc: string): string {
  return doc === '' ? '' : `/** ${doc.replaceAll('\n', '\n * ')} */\n`;
}

function printRule(rule: ResolvedRule): string {
  const printed = (entry: string) => {
    const program = rule.programs.get(entry);
    return program === undefined ? [] : types.map((type) => printFunction(rule, entry, program, type));
  };
  const measures = printed('measure');
  const body = [
    `name: '${rule.name}',`,
    `coefficients: ${rule.coefficients.length === 0 ? '{}' : `indexes(${quoted(rule.coefficients)})`},`,
    ...(rule.main === 'update' ? [`state: [${quoted(rule.state)}],`] : []),
    '',
    printed(rule.main).join('\n\n'),
    ...(measures.length > 0
      ? ['', `measures: { names: [${quoted(rule.measures)}],\n\n${measures.join('\n\n')}\n},`]
      : []),
  ].join('\n');
  const object = `{\n${body}\n} as const${rule.main === 'update' ? ' satisfies Rule' : ''}`;
  const value = rule.madeBy === undefined ? object : `${wrapperOf(rule.madeBy)}(${object})`;
  return `${comment(rule.doc)}export const ${rule.name} = ${value};`;
}

/** The function that completes a rule of `template`, by hand, in a file of the same name: `cautious` of `Cautious`. */
function wrapperOf(template: string): string {
  return template.toLowerCase();
}

/** The TypeScript of a header, not formatted yet. */
export function printRules(file: string, head: readonly string[], rules: readonly ResolvedRule[]): string {
  const printed = rules.map(printRule).join('\n\n');
  const uses = (name: string) => new RegExp(`\\b${name}\\(`).test(printed);
  const wrappers = [...new Set(rules.flatMap(({ madeBy }) => (madeBy === undefined ? [] : [wrapperOf(madeBy)])))];
  const own = ['clamp', 'indexes', 'limit', 'max', 'sign'].filter(uses);
  const isRule = rules.some(({ main }) => main === 'update');
  const math = ['abs', 'fround', 'sqrt'].filter(uses);
  const imported = [...own, ...(isRule ? ['type Rule'] : [])].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return [
    ...head.map((line) => `// ${line}`.trimEnd()),
    '//',
    `// Written from ${file} by \`npm run rules\`: change that file, not this one.`,
    '',
    ...(uses('copyInto') ? ["import { copyInto } from '../arrays.js';"] : []),
    ...wrappers.map((name) => `import { ${name} } from './${name}.js';`),
    `import { ${imported.join(', ')} } from './rule.js';`,
    '',
    ...(math.length > 0 ? [`const { ${math.join(', ')} } = Math;`, ''] : []),
    printed,
    '',
  ].join('\n');
}

const nameOf = (imported: string) => imported.replace('type ', '');

/** `lib/rules/index.ts`: every rule in the order of src/rules.h. */
export function printIndex(
  files: readonly { readonly module: string; readonly names: readonly string[] }[],
  listed: readonly string[],
): string {
  const imports = files.flatMap(({ module, names }) => {
    const wanted = names.filter((name) => listed.includes(name));
    return wanted.length === 0 ? [] : [`import { ${wanted.join(', ')} } from './${module}.js';`];
  });
  return [
    '// Every rule, in the order of src/rules.h.',
    '//',
    '// Written by `npm run rules`.',
    '',
    ...imports,
    "import type { Rule } from './rule.js';",
    '',
    `export const rules: readonly Rule[] = [${listed.join(', ')}];`,
    '',
  ].join('\n');
}
