// Writes docs/api, and the README's table of optimizers: a page for each class and one for the rest, from the docstrings (typedoc), from the options and state
// of the classes themselves, and from the recorded runs of other systems. It throws where a docstring says what is not so.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as lockstep from 'lockstep';
import {
  Application,
  type Comment,
  type CommentDisplayPart,
  type DeclarationReflection,
  Logger,
  LogLevel,
  OptionDefaults,
  type Reflection,
  ReflectionKind,
} from 'typedoc';
import {
  type MarkdownPageEvent,
  MarkdownTheme,
  type MarkdownThemeContext,
  MemberRouter,
} from 'typedoc-plugin-markdown';
import { stateNames as arrayNames, optimizers } from '../test/optimizers.js';
import { allowance, type GoldenCase, readGoldens, systems } from '../test/reference/recipe.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The sections of an optimizer's page that come from block tags of its docstring, which must have those that are required. */
const sections = {
  '@when': { title: 'When to use it', isRequired: true },
  '@state': { title: 'State', isRequired: true },
  '@dialects': { title: 'Dialects', isRequired: false },
  '@source': { title: 'Source', isRequired: true },
} as const;

/**
 * @param folder is emptied first
 * @returns the README's table of optimizers
 */
export async function writeDocs(folder: string): Promise<string> {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [`${root}/lib/index.ts`],
    tsconfig: `${root}/tsconfig.build.json`,
    plugin: ['typedoc-plugin-markdown', addTheme],
    router: 'lockstep',
    theme: 'lockstep',
    readme: 'none',
    skipErrorChecking: true, // `npm run lint` does that
    disableSources: true,
    disableGit: true,
    excludeInternal: true,
    sort: ['source-order'],
    blockTags: [...OptionDefaults.blockTags, ...(Object.keys(sections) as (keyof typeof sections)[])],
    intentionallyNotExported: ['SameDtype', 'AnyOptions', 'ScheduleFree', 'ScheduleFreeOptions', 'HasLr'],
    logLevel: 'Warn',
    ...markdownOptions,
  });
  const complaints: string[] = [];
  app.logger = new (class extends Logger {
    override log(message: string, level: LogLevel) {
      super.log(message, level);
      if (level >= LogLevel.Warn) complaints.push(message);
    }
  })();
  const project = await app.convert();
  // What is under `schedules` has a page that is written by hand.
  const namespaces = project?.getChildrenByKind(ReflectionKind.Namespace) ?? [];
  for (const namespace of namespaces) project?.removeReflection(namespace);
  if (project !== undefined) await app.outputs.writeOutput({ name: 'markdown', path: folder }, project);
  if (project === undefined || complaints.length > 0) throw new Error(complaints.join('\n'));
  return table(
    ['', 'state', 'dialects', 'farthest from each system, f32 / f64', 'problem'],
    choices().map(({ name, problems }) => [...summary(name), problems.join('; ')]),
  );

  function addTheme(app: Application) {
    app.renderer.defineRouter('lockstep', Router);
    app.renderer.defineTheme('lockstep', Theme);
  }
}

/** Those of typedoc-plugin-markdown, which typedoc's types do not know. */
const markdownOptions: object = {
  membersWithOwnFile: ['Class'],
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  tableColumnSettings: { hideModifiers: true },
};

/** Any optimizer's class; what goes in is checked by the class itself. */
type AnyClass = new (
  params: readonly Float32Array[],
  options?: object,
) => {
  readonly groups: readonly Readonly<Record<string, unknown>>[];
  readonly state: readonly Readonly<Record<string, unknown>>[];
};

/** The optimizer of this name, if it is one. */
function optimizerNamed(name: string): AnyClass | undefined {
  const found = (lockstep as Readonly<Record<string, unknown>>)[name];
  const isOptimizer = typeof found === 'function' && found.prototype instanceof lockstep.Optimizer;
  return isOptimizer ? (found as AnyClass) : undefined;
}

/** `Adam` for `AdamOptions`. */
function optimizerWithOptions({ name }: { readonly name: string }): AnyClass | undefined {
  return name.endsWith('Options') ? optimizerNamed(name.slice(0, -'Options'.length)) : undefined;
}

/** All pages in one folder. An optimizer's options are on its own page. */
class Router extends MemberRouter {
  override getIdealBaseName(reflection: { readonly name: string }): string {
    return reflection.name;
  }

  override buildChildPages(...[reflection, pages]: Parameters<MemberRouter['buildChildPages']>): void {
    const optimizer = optimizerWithOptions(reflection);
    if (optimizer === undefined) {
      super.buildChildPages(reflection, pages);
      return;
    }
    const url = `${optimizer.name}.md#options`;
    for (const target of [reflection, ...((reflection as DeclarationReflection).children ?? [])]) {
      this.fullUrls.set(target, url);
      this.anchors.set(target, 'options');
    }
  }
}

class Theme extends MarkdownTheme {
  override reflectionTemplate = (page: MarkdownPageEvent<DeclarationReflection>): string => {
    const context = this.getRenderContext(page);
    const model: Reflection = page.model;
    if (model.isProject()) return indexPage(context, model.children ?? []);
    const optimizer = optimizerNamed(model.name);
    return optimizer === undefined ? classPage(context, page.model) : optimizerPage(context, page.model, optimizer);
  };
}

/** README.md: the list of classes, and everything that is no class. */
function indexPage(context: MarkdownThemeContext, all: readonly DeclarationReflection[]): string {
  const rows = all
    .filter(({ kind }) => kind === ReflectionKind.Class)
    .map((model) => [
      `[\`${model.name}\`](${model.name}.md)`,
      firstParagraph(textOf(context, commentOf(model).summary)),
    ]);
  const rest = [ReflectionKind.Function, ReflectionKind.Interface, ReflectionKind.TypeAlias].flatMap((kind) =>
    all.filter((model) => model.kind === kind && optimizerWithOptions(model) === undefined),
  );
  return [
    '# API',
    'Generated by `npm run docs` from the docstrings in `lib`. Which optimizer to take, and what it is called elsewhere, ' +
      'stands in [Choosing an optimizer](../choosing.md), and what `schedules` has in [Schedules](../schedules.md).',
    '## Classes',
    table(['class', 'what it is'], rows),
    // A table of type parameters says nothing that the declaration above it does not.
    context.partials.members(rest, { headingLevel: 2 }).replace(/### Type Parameters\s+(\|.*\n)+/g, ''),
  ].join('\n\n');
}

/** The page of `Optimizer`. Its subclasses are listed by the index. */
function classPage(context: MarkdownThemeContext, model: DeclarationReflection): string {
  const { comment, body } = context.partials;
  return [`# ${model.name}`, comment(commentOf(model), { headingLevel: 2 }), body(model, { headingLevel: 2 })].join(
    '\n\n',
  );
}

function optimizerPage(context: MarkdownThemeContext, model: DeclarationReflection, optimizer: AnyClass): string {
  const comment = commentOf(model);
  const tagged = (tag: `@${string}`) => textOf(context, comment.getTag(tag)?.content ?? []);
  const section = (tag: keyof typeof sections, after = '') => {
    const { title, isRequired } = sections[tag];
    const text = tagged(tag);
    if (text === '' && isRequired) throw new Error(`${model.name}: its docstring has no ${tag}`);
    return text === '' ? [] : [`## ${title}`, text, after];
  };
  const names = stateNames(model, optimizer);
  const unexplained = names.find((name) => !tagged('@state').includes(`\`${name}\``));
  if (unexplained !== undefined) throw new Error(`${model.name}: @state does not say what ${unexplained} is`);
  return [
    `# ${model.name}`,
    textOf(context, comment.summary),
    tagged('@example'),
    ...section('@when'),
    '## Options',
    optionTable(context, model, optimizer),
    scheduleSentence(optimizer),
    'What is *fixed* is decided when the optimizer is made: it can later be set only to what it is. The other options can ' +
      'be set between steps: `optimizer.groups[0].lr *= 0.1`. Every optimizer also takes ' +
      '[`backend` and `threads`](README.md#commonoptions).',
    ...section(
      '@state',
      names.length === 0
        ? ''
        : `\`optimizer.state.w.${names[0]}\` is that of parameter w, \`optimizer.state[0].${names[0]}\` that of the first in a ` +
            'list. Beside it, `step` counts the steps that the parameter took.',
    ),
    ...section('@dialects'),
    '## Compared with other systems',
    comparison(optimizer),
    ...section('@source'),
    '## Members',
    '`step`, `bindGrads`, `groups`, `state`, `backend` and `dispose` are those of every optimizer, and so is what the ' +
      'constructor throws: see [`Optimizer`](Optimizer.md).',
    context.partials
      .members(ownMembers(model), { headingLevel: 3 })
      .replace(/#+ Inherited from\s+`.*`\s*/g, '')
      .trim(),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What an optimizer has beyond `Optimizer`: the modes of Schedule-Free. */
function ownMembers({ children = [] }: DeclarationReflection): DeclarationReflection[] {
  return children.filter(({ kind, inheritedFrom }) => {
    const isOwn = inheritedFrom === undefined || !inheritedFrom.name.startsWith('Optimizer');
    return isOwn && kind !== ReflectionKind.Constructor;
  });
}

/** The names of state arrays: those that there always are, and of the type of the class those that need an option. */
function stateNames({ extendedTypes = [] }: DeclarationReflection, optimizer: AnyClass): readonly string[] {
  const [state] = create(optimizer).state;
  const always = arrayNames(state);
  const [base] = extendedTypes;
  const names = base?.type === 'reference' ? base.typeArguments?.[2] : undefined;
  const declared = [...(names?.toString() ?? '').matchAll(/"(\w+)\??"/g)].map(([, name]) => name);
  return [...new Set([...always, ...declared])];
}

function optionTable(context: MarkdownThemeContext, model: DeclarationReflection, optimizer: AnyClass): string {
  const interfaceName = `${model.name}Options`;
  const declared = model.project.children?.find(({ name }) => name === interfaceName)?.children ?? [];
  const rows = Object.keys(create(optimizer).groups[0]).map((option) => {
    const label = `${interfaceName}.${option}`;
    const declaration = declared.find(({ name }) => name === option);
    if (declaration === undefined) throw new Error(`${label} is not declared`);
    const text = textOf(context, commentOf(declaration).summary).replace(/\s+/g, ' ');
    const said = readDefault(label, text, dialectsOf(optimizer));
    checkDefault(label, said, defaultsOf(optimizer, option));
    const values = `${valuesOf(optimizer, option)}${isScheduled(optimizer, option) ? '; or a function of the step' : ''}`;
    return [`\`${option}\``, values, defaultCell(said), said.rest];
  });
  return table(['option', 'values', 'default', 'what it does'], rows);
}

/** Whether the definition of the option takes a schedule: it then takes a function that answers with the default. */
function isScheduled(optimizer: AnyClass, option: string): boolean {
  const usual = create(optimizer).groups[0][option];
  try {
    create(optimizer, { [option]: () => usual });
    return true;
  } catch {
    return false;
  }
}

/** Which options may be schedules, and what a schedule is. */
function scheduleSentence(optimizer: AnyClass): string {
  const names = Object.keys(create(optimizer).groups[0]).filter((option) => isScheduled(optimizer, option));
  if (names.length === 0) return '';
  const list = new Intl.ListFormat('en-GB').format(names.map((name) => `\`${name}\``));
  return (
    `${list} may ${names.length > 1 ? 'each ' : ''}be a schedule: a function of the number of steps taken before, such as ` +
    '`lr: (step) => 0.1 / (1 + step)`. [`schedules`](../schedules.md) makes the usual ones.'
  );
}

function textOf(context: MarkdownThemeContext, parts: readonly CommentDisplayPart[]): string {
  return context.helpers.getCommentParts([...parts]).trim();
}

function commentOf({ name, comment }: DeclarationReflection): Comment {
  if (comment === undefined) throw new Error(`${name} has no docstring`);
  return comment;
}

function create(optimizer: AnyClass, options?: object) {
  return new optimizer([new Float32Array(1)], { ...options, backend: 'typescript' });
}

/** What an option may be, as the errors for `null` say it. */
function valuesOf(optimizer: AnyClass, option: string): string {
  const expected = (value: unknown) => {
    try {
      create(optimizer, { [option]: value });
    } catch (error) {
      const [, text] = /must be (.*), received/.exec((error as Error).message) ?? [];
      if (text !== undefined) return text;
    }
    throw new Error(`${optimizer.name} does not say what ${option} must be`);
  };
  const usual = create(optimizer).groups[0][option];
  if (!Array.isArray(usual))
    return expected(null)
      .replace(/^one of /, '')
      .replace(/'(\w+)'/g, "`'$1'`");
  const parts = new Set(usual.map((_, i) => expected(usual.with(i, null)).replace(/^a number /, '')));
  return `${expected(null).replace('an array of ', '')}, ${parts.size === 1 ? 'each ' : ''}${[...parts].join('; ')}`;
}

/** The default of an option without a dialect, and in each dialect that has its own. */
type Defaults = ReadonlyMap<string, unknown>;

function defaultsOf(optimizer: AnyClass, option: string): Defaults {
  const read = (options?: object) => create(optimizer, options).groups[0][option];
  const usual = read();
  const own = dialectsOf(optimizer).map((dialect) => [dialect, read({ dialect })] as const);
  const differs = (value: unknown) => option !== 'dialect' && JSON.stringify(value) !== JSON.stringify(usual);
  return new Map([['lockstep', usual], ...own.filter(([, value]) => differs(value))]);
}

function dialectsOf(optimizer: AnyClass): readonly string[] {
  if (!Object.hasOwn(create(optimizer).groups[0], 'dialect')) return [];
  return [...valuesOf(optimizer, 'dialect').matchAll(/'(\w+)'/g)].map(([, name]) => name);
}

const literal = String.raw`'[^']*'|\[[^\]]*\]|true|false|[−-]?\d+(?:\.\d+)?(?:e-?\d+)?`;
const sentence = new RegExp(
  String.raw` ?\bDefault (?<usual>${literal})(?: \((?<own>(?:[a-z, ]+: (?:${literal})(?:; )?)+)\))?(?<end>\.(?= |$))?`,
);

/** `0.01`, and `0.001` for Keras and TensorFlow.js, from "Default 0.01 (keras, tfjs: 0.001)." in an option's docstring. */
interface SaidDefault {
  readonly usual: string;
  readonly own: readonly { readonly dialects: readonly string[]; readonly value: string }[];
  /** The docstring, without the sentence where that says no more. */
  readonly rest: string;
}

/** @param known the dialects of the class, which may have fewer than the class whose options it inherits */
function readDefault(label: string, text: string, known: readonly string[]): SaidDefault {
  const match = sentence.exec(text);
  if (match?.groups === undefined) throw new Error(`${label}: its docstring says no default`);
  const { usual, own = '', end } = match.groups;
  const groups = own.split('; ').map((group) => {
    const [names, value] = group.split(': ');
    return { dialects: names.split(', ').filter((name) => known.includes(name)), value };
  });
  const rest = end === undefined ? text : text.replace(match[0], '').trim();
  return { usual, own: groups.filter(({ dialects }) => dialects.length > 0), rest };
}

/** @throws Error where what the docstring says is not so */
function checkDefault(label: string, { usual, own }: SaidDefault, actual: Defaults): void {
  const read = (text: string) => JSON.parse(text.replace('−', '-').replaceAll("'", '"')) as unknown;
  const each = own.flatMap(({ dialects, value }) => dialects.map((name) => [name, read(value)] as const));
  const shown = (defaults: Defaults) => JSON.stringify([...defaults].sort(([a], [b]) => a.localeCompare(b)));
  const [said, is] = [shown(new Map([['lockstep', read(usual)], ...each])), shown(actual)];
  if (said !== is) throw new Error(`${label}: its docstring says the default ${said}, but it is ${is}`);
}

function defaultCell({ usual, own }: SaidDefault): string {
  const each = own.map(({ dialects, value }) => `${dialects.join(', ')}: \`${value}\``);
  return `\`${usual}\`${each.length === 0 ? '' : ` (${each.join('; ')})`}`;
}

/** Where the authors' code of an optimizer is from: a package or a repository, whose version or commit the recordings have. */
const authorsCode: Readonly<Record<string, string>> = {
  ADOPT: 'torch-adopt',
  Adan: 'sail-sg/Adan',
  Lion: 'google/automl',
};

const systemNames = {
  torch: 'PyTorch',
  keras: 'Keras',
  optax: 'Optax',
  tfjs: 'TensorFlow.js',
  timm: 'timm',
  authors: "the authors' code",
  schedulefree: 'schedulefree',
} as const;

/** The recorded runs of the optimizer, by system and type. */
function recordedRuns(optimizer: AnyClass) {
  const runs = systems.flatMap((system) =>
    readGoldens(system).flatMap(({ cases, versions }) =>
      (['f32', 'f64'] as const).map((dtype) => ({
        system,
        versions,
        dtype,
        cases: cases.filter((golden) => golden.optimizer === optimizer.name && golden.dtype === dtype),
      })),
    ),
  );
  return runs
    .filter(({ cases }) => cases.length > 0)
    .map((run) => ({ ...run, version: versionOf(run.system, run.versions, optimizer.name) }));
}

/** As the table of runs has it: `2.15.0`, or for the authors' code `(sail-sg/Adan 2c65bea)`. */
function versionOf(
  system: (typeof systems)[number],
  versions: Readonly<Record<string, string>>,
  optimizer: string,
): string {
  const source = system === 'authors' ? (authorsCode[optimizer] ?? `the code of ${optimizer}`) : system;
  const version = versions[source]?.replace(/^([0-9a-f]{7})[0-9a-f]{33}$/, '$1');
  if (version === undefined) throw new Error(`the recordings of ${system} do not say which version ${source} had`);
  return system === 'authors' ? `(${source} ${version})` : version;
}

function largest(cases: readonly GoldenCase[], measure: (golden: GoldenCase) => number): number {
  return Math.max(...cases.map(measure));
}

/** Of the README's row of an optimizer: its page, how much state it has, its dialects, and how far from each system it is. */
function summary(name: string): readonly string[] {
  const optimizer = optimizerNamed(name);
  const subject = optimizers.find((candidate) => candidate.name === name);
  if (optimizer === undefined || subject === undefined) throw new Error(`there is no optimizer ${name}`);
  const counts = subject.valid.map((options) => arrayNames(create(optimizer, options).state[0]).length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const runs = recordedRuns(optimizer);
  const distances = [...new Set(runs.map(({ system }) => system))].map((system) => {
    const ofSystem = runs.filter((run) => run.system === system);
    return `${system} ${ofSystem.map(({ cases }) => largest(cases, ({ drift }) => drift.params)).join(' / ')}`;
  });
  return [
    `[\`${name}\`](docs/api/${name}.md)`,
    least === most ? String(least) : `${least} to ${most}`,
    dialectsOf(optimizer)
      .filter((dialect) => dialect !== 'lockstep')
      .join(', ') || '–',
    distances.join(', '),
  ];
}

/** Which optimizer is for which problems, in the order of docs/choosing.md. */
function choices(): readonly { readonly name: string; readonly problems: readonly string[] }[] {
  const rows = readFileSync(`${root}/docs/choosing.md`, 'utf8').matchAll(/^\| (.*?) \| \[`(\w+)`\]\(api.* \d \|$/gm);
  const problems = new Map<string, readonly string[]>();
  for (const [, problem, name] of rows) problems.set(name, [...(problems.get(name) ?? []), problem]);
  return [...problems].map(([name, list]) => ({ name, problems: list }));
}

const readmeTable = /(?<=<!-- written by npm run docs -->\n\n)[\s\S]*?(?=\n\n<!-- end -->)/;

/** The README, with a table of optimizers that says what is so. */
export function withTable(readme: string, written: string): string {
  if (!readmeTable.test(readme)) throw new Error('the README has no place for the table of optimizers');
  return readme.replace(readmeTable, () => written);
}

/** How near lockstep is to other systems, as test/goldens.test.ts holds it to. */
function comparison(optimizer: AnyClass): string {
  const recorded = recordedRuns(optimizer);
  const dialects = dialectsOf(optimizer);
  const unrecorded = systems.filter(
    (name) => dialects.includes(name) && recorded.every(({ system }) => system !== name),
  );
  const gap =
    unrecorded.length === 0
      ? ''
      : `No run of ${unrecorded.map((system) => systemNames[system]).join(' or ')} is recorded for this optimizer yet.`;
  const oracle =
    'What it is held to is the formula itself: an oracle in f64 (`test/oracle.test.ts`), written from the paper.';
  if (recorded.length === 0) return `${gap} ${oracle}`.trim();
  const rows = recorded.map(({ system, version, dtype, cases }) =>
    [
      `${systemNames[system]} ${version}`,
      dtype,
      cases.length,
      largest(cases, ({ steps }) => steps),
      largest(cases, ({ drift }) => drift.params) + allowance,
      largest(cases, ({ drift }) => drift.state) + allowance,
    ].map(String),
  );
  return [
    `${dialects.length === 0 ? 'lockstep follows the' : 'In the dialect of each system, lockstep follows its'} ` +
      '[recorded runs](../../test/reference/README.md) on every backend, to within this distance at every checkpoint:',
    table(['system', 'type', 'runs', 'steps of the longest', 'parameters', 'state'], rows),
    'In ulps of the largest magnitude that the element has had, for the run that differs most. What makes the large ones large ' +
      'stands in [Measured](../../test/reference/README.md#measured).',
    ...(gap === '' ? [] : [gap]),
  ].join('\n\n');
}

function firstParagraph(text: string): string {
  return text.split('\n\n')[0].replace(/\s+/g, ' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const written = await writeDocs(`${root}/docs/api`);
  const readme = `${root}/README.md`;
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), written));
}
