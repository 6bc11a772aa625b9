/** Small multiples of schedules, as a stand-alone SVG. */
import { QUIET, stroke, svgDocument, tenths, text } from '../svg.js';
import { type Curve, type Panel, panels, STEPS } from './gallery.js';

const COLUMNS = 3;
const MARGIN = 28;
const GAP = 28;
const TOP = 92;
/** Of a panel: its plot, and the two lines of text above. */
const PLOT_WIDTH = 292;
const PLOT_HEIGHT = 110;
const CAPTION = 46;
const WIDTH = 2 * MARGIN + COLUMNS * PLOT_WIDTH + (COLUMNS - 1) * GAP;

const COLOURS = ['#c2410c', '#1f4be0'];
const GRID = '#e4e8ec';
const BACKGROUND = '#a5aeb8';
/** What the plots have above 1 and below 0, in pixels, so that no line is cut. */
const PADDING = 5;

export function drawSchedules(): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const frame = {
    width: WIDTH,
    height: TOP + rows * (CAPTION + PLOT_HEIGHT + GAP) - GAP + MARGIN,
    title: 'Schedules',
    subtitle: `The value at each step, from 0 to ${STEPS} and from 0 to 1, with a line every 50 steps`,
    description: panels
      .map(
        ({ name, curves }) =>
          `${name}: ${drawn(curves)
            .map(({ label }) => label)
            .join('; ')}.`,
      )
      .join(' '),
  };
  return svgDocument(
    frame,
    panels.map((panel, index) => draw(panel, index % COLUMNS, Math.floor(index / COLUMNS))).join('\n'),
  );
}

function draw({ name, curves, background }: Panel, column: number, row: number): string {
  const x = MARGIN + column * (PLOT_WIDTH + GAP);
  const y = TOP + row * (CAPTION + PLOT_HEIGHT + GAP);
  const lines = drawn(curves);
  // The second first, so that the first is on top.
  const paths = lines.map(({ schedule }, i) => path(schedule, COLOURS[i], 1.8)).reverse();
  return `<g transform="translate(${tenths(x)} ${tenths(y)})">
${text(0, 16, name, 'font-weight="600"')}
${caption(lines, background)}
<g transform="translate(0 ${CAPTION})">
${grid()}
${background === undefined ? '' : `${path(background.schedule, BACKGROUND, 1.4)}\n`}${paths.join('\n')}
</g>
</g>`;
}

/** The labels in their colours, in one line. */
function caption(lines: readonly Curve[], background: Curve | undefined): string {
  const labels = lines.map(({ label }, i) => `<tspan fill="${COLOURS[i]}">${label}</tspan>`);
  if (background !== undefined) labels.push(`<tspan fill="${QUIET}">${background.label}</tspan>`);
  return `<text y="35" font-size="12" fill="${QUIET}">${labels.join(' · ')}</text>`;
}

function grid(): string {
  const levels = [0, 0.5, 1].map((value) => stroke(0, height(value), PLOT_WIDTH, height(value), GRID));
  const times = [0, 50, 100, 150, 200].map((step) => stroke(across(step), 0, across(step), PLOT_HEIGHT, GRID));
  return [...levels, ...times].join('');
}

function path(schedule: Curve['schedule'], colour: string, width: number): string {
  const points = Array.from(
    { length: STEPS + 1 },
    (_, step) => `${tenths(across(step))},${tenths(height(schedule(step)))}`,
  );
  return `<path d="M${points.join('L')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"/>`;
}

function across(step: number): number {
  return (step / STEPS) * PLOT_WIDTH;
}

function height(value: number): number {
  return PLOT_HEIGHT - PADDING - value * (PLOT_HEIGHT - 2 * PADDING);
}

function drawn(curves: Panel['curves']): readonly Curve[] {
  return curves.filter((curve) => curve !== undefined);
}
