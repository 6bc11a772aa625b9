/** Small multiples of paths over the contour lines of Rosenbrock's function, as a stand-alone SVG. */
import { INK, QUIET, svgDocument, tenths, text } from '../svg.js';
import type { Descent, Point } from './descents.js';

const COLUMNS = 4;
const MARGIN = 28;
const GAP = 20;
const TOP = 112;
/** Of a panel: its plot, and the two lines of text above. */
const PLOT_WIDTH = 215;
const PLOT_HEIGHT = 172;
const CAPTION = 46;
const WIDTH = 2 * MARGIN + COLUMNS * PLOT_WIDTH + (COLUMNS - 1) * GAP;

/** The part of the plane that a plot shows, from its upper left corner; a unit is as long in x as in y. */
const LEFT = -2;
const HIGHEST = 2.6;
const UNIT = PLOT_WIDTH / 4;

/** Evenly spaced on a log scale, two in a power of ten. */
const LEVELS = [1000, 316, 100, 31.6, 10, 3.16, 1, 0.316, 0.1];
const PATH = '#d9650a';
const DOT = '#7a2e05';
const SHADE = '#1f4be0';
/** In pixels: a path leaves out what is nearer than this to the place before. */
const SHORTEST = 0.8;
/** A dot on the path every so many steps shows where it is fast and where slow. */
const DOT_EVERY = 100;

export function drawDescents(descents: readonly Descent[]): string {
  const steps = descents[0].path.length - 1;
  const [startX, startY] = descents[0].path[0];
  const rows = Math.ceil(descents.length / COLUMNS);
  const start = `(${numberText(startX)}, ${numberText(startY)})`;
  const results = descents.map(({ name, loss }) => `${name}: final loss ${lossText(loss)}.`);
  const frame = {
    width: WIDTH,
    height: TOP + rows * (CAPTION + PLOT_HEIGHT + GAP) - GAP + MARGIN,
    title: `${descents.length} optimizers in Rosenbrock’s valley`,
    subtitle: `f(x, y) = (1 − x)² + 100(y − x²)², f64, ${steps.toLocaleString('en')} steps from ${start}; at the right of each name, the last loss`,
    description: results.join(' '),
  };
  return svgDocument(
    frame,
    `<defs>
<clipPath id="plot"><rect width="${PLOT_WIDTH}" height="${PLOT_HEIGHT}" rx="4"/></clipPath>
<g id="valley" clip-path="url(#plot)">
<rect width="${PLOT_WIDTH}" height="${PLOT_HEIGHT}" fill="${SHADE}" fill-opacity="0.03"/>
<g fill="${SHADE}" fill-opacity="0.04" stroke="${SHADE}" stroke-opacity="0.3" stroke-width="0.7">
${LEVELS.map((level) => `<path d="${pathData(contour(level).map(place))}Z"/>`).join('\n')}
</g>
${minimumMark(place([1, 1]))}
</g>
</defs>
${legend(start)}
${descents.map((descent, index) => panel(descent, index % COLUMNS, Math.floor(index / COLUMNS))).join('\n')}`,
  );
}

/** What the marks mean, in the last line of the head. */
function legend(start: string): string {
  const y = 91;
  const entry = (x: number, mark: (at: Point) => string, words: string) =>
    mark([MARGIN + x, y - 5]) + text(MARGIN + x + 15, y, words);
  return `<g fill="${QUIET}" font-size="13">
${entry(5, startMark, `start ${start}`)}
${entry(132, dot, `every ${DOT_EVERY} steps`)}
${entry(274, endMark, 'last point')}
${entry(384, minimumMark, 'minimum: f(1, 1) = 0')}
${text(WIDTH - MARGIN, y, 'contour lines at f = 0.1, 0.316, 1, 3.16 … 1000', 'text-anchor="end"')}
</g>`;
}

function panel({ name, options, schedule, path, loss }: Descent, column: number, row: number): string {
  const x = MARGIN + column * (PLOT_WIDTH + GAP);
  const y = TOP + row * (CAPTION + PLOT_HEIGHT + GAP);
  const { lr, ...others } = options;
  const settings = [
    `lr ${lr}${schedule === 'falling' ? ' → 0' : ''}`,
    ...Object.entries(others).map(([option, value]) => `${option} ${settingText(value)}`),
  ];
  const places = path.map(place);
  const dots = places.filter((_, step) => step % DOT_EVERY === 0).map(dot);
  return `<g transform="translate(${x} ${y})">
${text(0, 16, name, 'font-size="13" font-weight="600"')}
${text(PLOT_WIDTH, 16, lossText(loss), 'font-size="13" text-anchor="end"')}
${text(0, 35, settings.join(', '), `font-size="12" fill="${QUIET}"`)}
<g transform="translate(0 ${CAPTION})">
<use href="#valley"/>
<g clip-path="url(#plot)">
<path d="${pathData(places)}" fill="none" stroke="${PATH}" stroke-width="1.2" stroke-linejoin="round"/>
${dots.join('')}
${startMark(places[0])}${endMark(places[places.length - 1])}
</g>
</g>
</g>`;
}

function startMark([x, y]: Point): string {
  return `<circle cx="${tenths(x)}" cy="${tenths(y)}" r="3.5" fill="#ffffff" stroke="${PATH}" stroke-width="1.5"/>`;
}

function dot([x, y]: Point): string {
  return `<circle cx="${tenths(x)}" cy="${tenths(y)}" r="1.7" fill="${DOT}"/>`;
}

function endMark([x, y]: Point): string {
  return `<circle cx="${tenths(x)}" cy="${tenths(y)}" r="3.5" fill="${PATH}" stroke="#ffffff"/>`;
}

function minimumMark([x, y]: Point): string {
  return `<path d="M${tenths(x - 9)},${tenths(y)}h18m-9,-9v18" stroke="${INK}" stroke-width="1.2"/>`;
}

/** The points where f is `level`, as far as the plot shows them: there 10(y − x²) is ±√(level − (1 − x)²). */
function contour(level: number): Point[] {
  const reach = Math.sqrt(level);
  const from = Math.max(1 - reach, -2.1);
  const to = Math.min(1 + reach, 2.1);
  const xs = Array.from({ length: 101 }, (_, i) => from + ((to - from) * i) / 100);
  const branch = (sign: number) =>
    xs.map((x): Point => [x, x * x + (sign * Math.sqrt(Math.max(level - (1 - x) * (1 - x), 0))) / 10]);
  return [...branch(1), ...branch(-1).reverse()];
}

/** Where a plot shows a point of the plane. */
function place([x, y]: Point): Point {
  return [(x - LEFT) * UNIT, (HIGHEST - y) * UNIT];
}

/** A line through the places, but for those that are hardly apart. */
function pathData(places: readonly Point[]): string {
  const drawn: Point[] = [];
  places.forEach(([x, y], index) => {
    const [beforeX, beforeY] = drawn.at(-1) ?? [Infinity, Infinity];
    const isApart = Math.max(Math.abs(x - beforeX), Math.abs(y - beforeY)) >= SHORTEST;
    if (isApart || index === places.length - 1) drawn.push([x, y]);
  });
  return `M${drawn.map(([x, y]) => `${tenths(x)},${tenths(y)}`).join('L')}`;
}

function lossText(loss: number): string {
  return loss >= 0.001 ? loss.toPrecision(2) : loss.toExponential(1).replace('-', '−');
}

function numberText(value: number): string {
  return String(value).replace('-', '−');
}

function settingText(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
