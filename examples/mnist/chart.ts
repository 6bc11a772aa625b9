/** The loss curves as a stand-alone SVG: d3 supplies scales and paths, the drawing is written out by hand. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { QUIET, stroke, svgDocument, text } from '../svg.js';

export interface Curve {
  readonly name: string;
  /** The smoothed loss after each step. */
  readonly losses: Float64Array;
  /** Share of the test images, 0 … 1. */
  readonly accuracy: number;
}

export interface LossChart {
  readonly title: string;
  readonly subtitle: string;
  readonly batchSize: number;
  /** Images in one epoch. */
  readonly epoch: number;
  readonly curves: readonly Curve[];
}

type Scale = (value: number) => number;

const WIDTH = 976;
const HEIGHT = 560;
/** The edges of the plot. */
const LEFT = 76;
const RIGHT = 708;
const TOP = 92;
const BOTTOM = 490;
/** The columns to the right of the plot, and the height of their rows. */
const NAME = RIGHT + 30;
const LOSS = RIGHT + 174;
const ACCURACY = RIGHT + 240;
const ROW = 26;

/** Told apart by every common type of colour vision, and readable as text on white. */
const COLOURS = ['#d9650a', '#2e8b6a', '#8a1a86', '#1f4be0'];
const GRID = '#e4e8ec';
const LOSS_TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
/** A path needs no more points than a screen shows. */
const POINTS = 400;

export function drawLossChart({ title, subtitle, batchSize, epoch, curves }: LossChart): string {
  const images = batchSize * Math.max(...curves.map(({ losses }) => losses.length));
  const lowest = Math.min(...curves.map(({ losses }) => Math.min(...losses)));
  const highest = Math.max(...curves.map(({ losses }) => Math.max(...losses)));
  const x = scaleLinear([0, images], [LEFT, RIGHT]);
  const y = scaleLog([lowest * 0.9, highest * 1.1], [BOTTOM, TOP]);
  const lossTicks = LOSS_TICKS.filter((tick) => y(tick) >= TOP && y(tick) <= BOTTOM);
  const epochs = Array.from({ length: Math.ceil(images / epoch) - 1 }, (_, index) => index + 1);
  const description = curves.map(
    ({ name, losses, accuracy }) => `${name}: final loss ${lossText(losses)}, test accuracy ${percentText(accuracy)}.`,
  );

  return svgDocument(
    { width: WIDTH, height: HEIGHT, title, subtitle, description: description.join(' ') },
    `<g fill="${QUIET}" text-anchor="end">
${lossTicks.map((tick) => stroke(LEFT, y(tick), RIGHT, y(tick), GRID) + text(LEFT - 12, y(tick) + 5, String(tick))).join('\n')}
</g>
<g transform="translate(30 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">
${text(0, 0, 'training loss (cross-entropy, nats; log scale)')}
</g>
<g fill="${QUIET}" text-anchor="middle">
${stroke(LEFT, BOTTOM, RIGHT, BOTTOM, QUIET)}
${x
  .ticks(6)
  .map((tick) => stroke(x(tick), BOTTOM, x(tick), BOTTOM + 5, QUIET) + text(x(tick), BOTTOM + 23, numberText(tick)))
  .join('\n')}
</g>
${text((LEFT + RIGHT) / 2, BOTTOM + 48, 'training images seen', 'text-anchor="middle"')}
<g fill="${QUIET}" font-size="13" stroke-dasharray="2 4">
${epochs.map((ended) => epochMark(x(ended * epoch), ended)).join('\n')}
</g>

${curves.map((curve, index) => curvePath(curve, colour(index), x, y, batchSize)).join('\n')}
${endLabels(curves, y)}`,
  );
}

function epochMark(x: number, ended: number): string {
  const before = text(x - 8, TOP + 12, `epoch ${ended}`, 'text-anchor="end"');
  const after = text(x + 8, TOP + 12, `epoch ${ended + 1}`);
  return stroke(x, TOP, x, BOTTOM, QUIET) + before + after;
}

function curvePath({ losses }: Curve, colour: string, x: Scale, y: Scale, batchSize: number): string {
  const every = Math.ceil(losses.length / POINTS);
  const last = losses.length - 1;
  const shown = Array.from(losses.keys()).filter((index) => index % every === 0 || index === last);
  const draw = line<number>(
    (index) => x((index + 1) * batchSize),
    (index) => y(losses[index]),
  ).digits(1);
  return `<path d="${draw(shown) ?? ''}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

/** Each curve's name and results at its end, moved apart where ends are close. */
function endLabels(curves: readonly Curve[], y: Scale): string {
  const ends = curves
    .map(({ name, losses, accuracy }, index) => ({
      name,
      loss: lossText(losses),
      accuracy: percentText(accuracy),
      colour: colour(index),
      y: y(losses[losses.length - 1]),
    }))
    .sort((a, b) => a.y - b.y);
  const places = spread(ends.map((end) => end.y));
  const header = places[0] - ROW + 4;
  return `<g font-size="12" fill="${QUIET}" text-anchor="end">
${text(LOSS, header, 'final loss')}${text(ACCURACY, header, 'test acc.')}
</g>
${ends
  .map(({ name, loss, accuracy, colour, y }, index) => {
    const place = places[index];
    const leader = stroke(RIGHT + 3, y, NAME - 6, place, colour);
    const label = text(NAME, place + 5, name, `fill="${colour}" font-weight="600"`);
    const results = text(LOSS, place + 5, loss) + text(ACCURACY, place + 5, accuracy);
    return `${leader}${label}<g text-anchor="end">${results}</g>`;
  })
  .join('\n')}`;
}

/** Moves ascending positions at least a row apart, around the same mean and above the foot of the plot. */
function spread(positions: readonly number[]): number[] {
  const apart: number[] = [];
  for (const position of positions) {
    const previous = apart.at(-1);
    apart.push(previous === undefined ? position : Math.max(position, previous + ROW));
  }
  const drift = (sum(apart) - sum(positions)) / positions.length;
  const overrun = Math.max(...apart) - (BOTTOM - 8);
  return apart.map((position) => position - Math.max(drift, overrun));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length];
}

function lossText(losses: Float64Array): string {
  return losses[losses.length - 1].toFixed(3);
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function numberText(value: number): string {
  return value.toLocaleString('en');
}
