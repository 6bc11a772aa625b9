// One page that stands alone: charts as SVG, drawn here, light and dark, without a script and without anything to load.

import type { Spread } from './measure.js';
import {
  agreementText,
  environmentLines,
  explanation,
  notRunLines,
  type Results,
  tableOf,
  titleOf,
} from './results.js';
import { digits, sizeName } from './text.js';
import type { Row, Throughput } from './throughput.js';

function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (letter) => entities[letter]);
}

type Attributes = Readonly<Record<string, string | number>>;

/** An element; what is inside is markup already. */
function tag(name: string, attributes: Attributes, ...inside: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === 'number' ? Number(value.toFixed(2)) : escapeText(value)}"`;
  });
  return `<${name}${list.join('')}>${inside.join('')}</${name}>`;
}

function label(x: number, y: number, text: string, more: Attributes = {}): string {
  return tag('text', { x, y, ...more }, escapeText(text));
}

/** The class that colours a row, the same in all charts: CSS has one for each. */
type Style = 'one' | 'all' | 'typescript' | 'loop' | `other${number}`;

/** Each name of a row with its style: the backend that runs by default has the first two colours. */
function stylesOf({ environment, throughput }: Results): ReadonlyMap<string, Style> {
  const rows = throughput.flatMap(({ sizes }) => sizes.flatMap((size) => size.rows));
  const styles = new Map<string, Style>();
  let others = 0;
  const styleOf = ({ name, kind, threads }: Row): Style => {
    if (kind === 'loop') return 'loop';
    if (kind === 'typescript') return 'typescript';
    if (name.split(',')[0] === environment.backend) return threads === 1 ? 'one' : 'all';
    return `other${others++ % 4}`;
  };
  for (const row of rows) if (!styles.has(row.name)) styles.set(row.name, styleOf(row));
  return styles;
}

const width = 360;
const left = 40;
const right = 12;

function range({ q1, q3 }: Spread): string {
  return `quartiles ${digits(q1)} to ${digits(q3)}`;
}

/** 1, 2 and 5 times every power of ten in between. */
function logTicks(from: number, to: number): readonly number[] {
  const first = Math.floor(Math.log10(from));
  const count = Math.ceil(Math.log10(to)) - first + 1;
  const all = Array.from({ length: count }, (_, k) => [1, 2, 5].map((digit) => digit * 10 ** (first + k))).flat();
  return all.filter((tick) => tick >= from && tick <= to);
}

interface Scale {
  readonly from: number;
  readonly to: number;
}

/** Nanoseconds an element over the number of elements, both logarithmic; a line for each row. */
function lineChart({ sizes, ...which }: Throughput, styles: ReadonlyMap<string, Style>, { from, to }: Scale): string {
  const [top, bottom, height] = [8, 172, 194];
  const elements = sizes.map((size) => size.elements);
  const [first, last] = [Math.log2(elements[0]), Math.log2(elements[elements.length - 1])];
  const x = (n: number) =>
    left + 10 + ((width - left - right - 20) * (Math.log2(n) - first)) / Math.max(1, last - first);
  const y = (ns: number) => bottom - ((bottom - top) * Math.log(ns / from)) / Math.log(to / from);
  const grid = logTicks(from, to).flatMap((tick) => [
    tag('line', { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: 'grid' }),
    label(left - 6, y(tick) + 4, String(Number(tick.toPrecision(1))), { 'text-anchor': 'end' }),
  ]);
  const columns = elements.map((n) => label(x(n), bottom + 17, sizeName(n), { 'text-anchor': 'middle' }));
  const lines = [...styles].toReversed().flatMap(([name, style]) => {
    const points = sizes.flatMap(({ elements: n, rows }) => {
      const row = rows.find((candidate) => candidate.name === name);
      return row === undefined ? [] : [{ n, ns: row.nsPerElement, gb: row.gbPerSecond }];
    });
    if (points.length === 0) return [];
    const marks = points.map(({ n, ns, gb }) => {
      const says = `${name}, ${sizeName(n)} elements: ${digits(ns.median)} ns an element, ${range(ns)}; ${digits(gb)} GB/s`;
      return tag(
        'g',
        {},
        tag('title', {}, escapeText(says)),
        tag('line', { x1: x(n), x2: x(n), y1: y(ns.q1), y2: y(ns.q3), class: 'whisker' }),
        tag('circle', { cx: x(n), cy: y(ns.median), r: 12, class: 'target' }),
        tag('circle', { cx: x(n), cy: y(ns.median), r: 3.5 }),
      );
    });
    const path = points.map(({ n, ns }) => `${x(n).toFixed(1)},${y(ns.median).toFixed(1)}`).join(' ');
    return [tag('g', { class: `row ${style}` }, tag('polyline', { points: path }), ...marks)];
  });
  const name = `${titleOf(which)}: nanoseconds an element by number of elements`;
  return svg(height, name, ...grid, ...columns, ...lines);
}

interface Bar {
  readonly style: Style;
  readonly value: number;
  readonly text: string;
  readonly title: string;
}

interface Bars {
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** Horizontal bars in groups, on a scale from 0 to `max`. */
function barChart(name: string, groups: readonly Bars[], max: number, start = left, mark?: number): string {
  const [thick, between, room] = [13, 7, 46];
  const x = (value: number) => start + ((width - right - room - start) * value) / max;
  let y = 2;
  const drawn = groups.map(({ label: text, bars }) => {
    const from = y;
    const parts = bars.map(({ style, value, text: shown, title }) => {
      const bar = tag(
        'g',
        { class: `bar ${style}` },
        tag('title', {}, escapeText(title)),
        tag('rect', { x: start, y, width: Math.max(1, x(value) - start), height: thick - 2, rx: 2 }),
        label(x(value) + 5, y + thick - 3.5, shown, { class: 'value' }),
      );
      y += thick;
      return bar;
    });
    const centre = (from + y) / 2 + 3;
    y += between;
    return label(start - 6, centre, text, { 'text-anchor': 'end' }) + parts.join('');
  });
  const height = Math.max(1, y - between + 2);
  const line = mark === undefined ? '' : tag('line', { x1: x(mark), x2: x(mark), y1: 0, y2: height, class: 'mark' });
  return svg(height, name, ...drawn, line);
}

function svg(height: number, name: string, ...inside: readonly string[]): string {
  return tag('svg', { viewBox: `0 0 ${width} ${Math.ceil(height)}`, role: 'img', 'aria-label': name }, ...inside);
}

/** lockstep's own rows, but not its TypeScript where there are native ones. */
function compared({ rows }: Throughput['sizes'][0]): readonly Row[] {
  const native = rows.filter(({ kind }) => kind === 'native');
  return native.length > 0 ? native : rows.filter(({ kind }) => kind === 'typescript');
}

function timesChart(throughput: Throughput, styles: ReadonlyMap<string, Style>, max: number): string {
  const groups = throughput.sizes.map((size) => ({
    label: sizeName(size.elements),
    bars: compared(size).map(({ name, timesHoisted }): Bar => {
      const text = `${digits(timesHoisted.median)} ×`;
      const title = `${name}, ${sizeName(size.elements)} elements: ${text} the hoisted loop's speed, ${range(timesHoisted)}`;
      return { style: styles.get(name) ?? 'loop', value: timesHoisted.median, text, title };
    }),
  }));
  return barChart(`${titleOf(throughput)}: times the hoisted loop's speed`, groups, max, left, 1);
}

function card(title: string, note: string, ...inside: readonly string[]): string {
  return tag(
    'section',
    { class: 'card' },
    tag('h3', {}, escapeText(title)),
    tag('p', { class: 'note' }, escapeText(note)),
    ...inside,
  );
}

function trafficChart(results: Results, styles: ReadonlyMap<string, Style>): string {
  const groups = results.throughput.flatMap((throughput) => {
    const size = throughput.sizes.at(-1);
    if (size === undefined) return [];
    const bars = size.rows.map(({ name, gbPerSecond }): Bar => {
      const text = digits(gbPerSecond);
      const title = `${titleOf(throughput)}, ${name}, ${sizeName(size.elements)} elements: ${text} GB/s`;
      return { style: styles.get(name) ?? 'loop', value: gbPerSecond, text, title };
    });
    return [{ label: titleOf(throughput), bars }];
  });
  const max = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  return barChart('GB/s at the largest size', groups, max, 96);
}

function legend(styles: ReadonlyMap<string, Style>): string {
  const entries = [...styles].map(([name, style]) => {
    return tag('li', {}, tag('span', { class: `swatch ${style}` }), escapeText(name));
  });
  return tag('ul', { class: 'legend' }, ...entries);
}

function tile(value: string, text: string): string {
  return tag('div', { class: 'tile' }, tag('strong', {}, escapeText(value)), tag('span', {}, escapeText(text)));
}

/** The few numbers that stand first. */
function tiles({ throughput }: Results): string {
  const shown =
    throughput.find(({ optimizer, dtype }) => optimizer === 'Adam' && dtype === 'f32') ??
    throughput[throughput.length - 1];
  const best = (size: Throughput['sizes'][0], of: (row: Row) => number) =>
    compared(size)
      .filter(({ threads }) => threads === 1) // like the loop
      .reduce((a, b) => (of(b) > of(a) ? b : a));
  const ratios = shown.sizes.slice(-3).map((size) => {
    const row = best(size, ({ timesHoisted }) => timesHoisted.median);
    const text = `as fast as a plain JavaScript loop: ${titleOf(shown)}, ${sizeName(size.elements).replace(' ', '\u00a0')} elements, ${row.name}`;
    return tile(`${digits(row.timesHoisted.median)} ×`, text);
  });
  const elements = throughput.reduce((sum, { comparedElements }) => sum + comparedElements, 0);
  const millions =
    elements >= 1e6 ? `${Math.round(elements / 1e6).toLocaleString('en-US')} M` : elements.toLocaleString('en-US');
  return tag('div', { class: 'tiles' }, ...ratios, tile('0 bits', `differ between backends, in ${millions} elements`));
}

function htmlTable(throughput: Throughput): string {
  const { head, body } = tableOf(throughput);
  const header = head.map((text, k) =>
    tag('th', { scope: 'col', ...(k === 0 && { class: 'first' }) }, escapeText(text)),
  );
  const rows = body.map(([name, ...cells]) =>
    tag(
      'tr',
      {},
      tag('th', { scope: 'row' }, escapeText(name)),
      ...cells.map((text) => tag('td', {}, escapeText(text))),
    ),
  );
  const table = tag('table', {}, tag('thead', {}, tag('tr', {}, ...header)), tag('tbody', {}, ...rows));
  return tag('div', { class: 'scroll' }, table);
}

const css = `
:root { color-scheme: light dark; --page: #f5f6f8; --card: #fff; --ink: #161b22; --soft: #5d6673; --line: #e2e5ea;
  --one: #2563d9; --all: #0b9a78; --typescript: #d97a06; --loop: #8b93a1; --other0: #8a4fd0; --other1: #cf3d7c; --other2: #4b8ea8; --other3: #9a7b2e; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1216; --card: #181c22; --ink: #e8ebf0; --soft: #9aa4b2; --line: #2b313a;
  --one: #5b93ff; --all: #2cc39c; --typescript: #f0a03c; --loop: #7d8694; --other0: #b18aec; --other1: #ee7aa9; --other2: #79bdd8; --other3: #cfae5c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 16px 48px; }
h1 { margin: 0 0 4px; font-size: 26px; letter-spacing: -0.02em; }
h2 { margin: 36px 0 4px; font-size: 19px; }
h3 { margin: 0; font-size: 15px; }
p { margin: 0 0 12px; max-width: 75ch; }
.note, .lead { color: var(--soft); }
.note { font-size: 13px; margin-bottom: 6px; }
.card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.card > svg + .note { margin-top: 12px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 210px), 1fr)); gap: 12px; margin: 18px 0; }
.tile strong { display: block; font-size: 28px; line-height: 1.2; letter-spacing: -0.02em; }
.tile span { color: var(--soft); font-size: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 14px; }
.as-wide-as-one { max-width: 394px; } /* the scale of the cards' text */
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 8px 0 12px; padding: 0; font-size: 14px; }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; background: var(--c); }
.one { --c: var(--one); } .all { --c: var(--all); } .typescript { --c: var(--typescript); } .loop { --c: var(--loop); }
.other0 { --c: var(--other0); } .other1 { --c: var(--other1); } .other2 { --c: var(--other2); } .other3 { --c: var(--other3); }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--soft); font: 11.5px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg .value { fill: var(--ink); }
.grid { stroke: var(--line); } .mark { stroke: var(--loop); stroke-dasharray: 3 3; }
.row polyline { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
.row circle { fill: var(--c); stroke: var(--card); stroke-width: 1.5; }
.row .target { fill: transparent; stroke: none; }
.row.loop polyline { stroke-dasharray: 5 4; }
.whisker { stroke: var(--c); stroke-width: 5; stroke-linecap: round; opacity: 0.35; }
.bar rect { fill: var(--c); } .bar:hover rect, .row g:hover circle { opacity: 0.8; }
details { margin-top: 12px; } summary { cursor: pointer; font-weight: 600; }
.scroll { overflow-x: auto; margin: 12px 0 20px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 3px 12px; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; } tbody th, th.first { text-align: left; padding-left: 0; }
`;

/** The whole page. */
export function page(results: Results): string {
  const { environment, throughput } = results;
  const measured = throughput.filter(({ sizes }) => sizes.length > 0);
  const styles = stylesOf(results);
  const rows = measured.flatMap(({ sizes }) => sizes.flatMap((size) => size.rows));
  const ns = rows.flatMap(({ nsPerElement: { q1, q3 } }) => [q1, q3]);
  const scale = { from: Math.min(...ns) * 0.85, to: Math.max(...ns) * 1.15 };
  const max = Math.max(
    ...measured.flatMap(({ sizes }) => sizes.flatMap(compared)).map((row) => row.timesHoisted.median),
  );
  const cards = measured.map((each) =>
    card(
      titleOf(each),
      'Nanoseconds an element, by number of elements',
      lineChart(each, styles, scale),
      tag('p', { class: 'note' }, "Times the hoisted loop's speed (dashed: 1)"),
      timesChart(each, styles, max),
    ),
  );
  const facts = environmentLines(environment).map(
    ([name, value]) => tag('dt', {}, name) + tag('dd', {}, escapeText(value)),
  );
  const charts = [
    tiles({ environment, throughput: measured }),
    tag('h2', {}, 'Speed'),
    tag(
      'p',
      { class: 'lead' },
      'The lowest curve and the longest bar are the fastest. All charts have the same scales. Point at a mark for its numbers.',
    ),
    legend(styles),
    tag('div', { class: 'cards' }, ...cards),
    tag('h2', {}, 'Memory traffic'),
    tag('p', { class: 'lead' }, 'What a step must read and write, at the largest size, in GB/s.'),
    tag(
      'div',
      { class: 'as-wide-as-one' },
      tag('section', { class: 'card' }, trafficChart({ ...results, throughput: measured }, styles)),
    ),
  ];
  const notRun = throughput.flatMap(notRunLines).map((line) => tag('p', {}, escapeText(line)));
  const body = tag(
    'main',
    {},
    tag('h1', {}, 'lockstep bench'),
    tag('p', { class: 'lead' }, escapeText(`${environment.cpu}, ${environment.date}`)),
    ...(measured.length === 0 ? [] : charts),
    ...notRun,
    tag('h2', {}, 'Agreement'),
    tag('p', {}, escapeText(agreementText(results))),
    tag('h2', {}, 'Where it was measured'),
    tag('section', { class: 'card' }, tag('dl', {}, ...facts)),
    tag('h2', {}, 'How'),
    tag('p', {}, escapeText(explanation)),
    tag('p', {}, tag('code', {}, escapeText(environment.command))),
    tag('details', {}, tag('summary', {}, 'All numbers'), ...measured.map(htmlTable)),
  );
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    tag('title', {}, escapeText(`lockstep bench: ${environment.cpu}`)),
    `<style>${css}</style>`,
  ];
  return `<!doctype html>\n${tag('html', { lang: 'en' }, tag('head', {}, ...head), tag('body', {}, body))}\n`;
}
