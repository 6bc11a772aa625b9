// The README's charts, drawn from the results of a run.

import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { QUIET, stroke, svgDocument, tenths, text } from '../examples/svg.js';
import type { Results, Throughput } from './results.js';
import { digits, sizeName } from './text.js';

const WIDTH = 988;
const HEIGHT = 520;
const PLOT = { left: 78, right: 720, top: 104, bottom: 462 };
const GRID = '#e4e8ec';
const COLOURS = ['#1f4be0', '#c2410c', '#15803d', '#7e22ce', '#b45309', '#0e7490', '#be185d', '#4d7c0f', '#57606a'];

interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [elements: number, value: number])[];
  readonly isLimit?: boolean;
}

function subtitle({ machine }: Results): string {
  return `Medians on ${machine.cpu}, ${machine.backends[0]}, one thread, Node.js ${machine.node}, ${machine.date}; smaller sizes fit caches (${machine.caches ?? 'sizes unknown'})`;
}

function chart(
  results: Results,
  title: string,
  unit: string,
  curves: readonly Curve[],
  isLogarithmic: boolean,
): string {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(([elements]) => elements)))].sort(
    (a, b) => a - b,
  );
  const x = scaleLog()
    .base(2)
    .domain([sizes[0], sizes[sizes.length - 1]])
    .range([PLOT.left, PLOT.right]);
  const y = (
    isLogarithmic
      ? scaleLog().domain([Math.min(...values), Math.max(...values)])
      : scaleLinear().domain([0, Math.max(...values)])
  )
    .nice()
    .range([PLOT.bottom, PLOT.top]);
  const levels = isLogarithmic
    ? y.ticks().filter((value) => /^[125]/.test(value.toPrecision(1).replace(/^0\.0*/, '')))
    : y.ticks(6);
  const grid = [
    ...levels.map((value) => stroke(PLOT.left, y(value), PLOT.right, y(value), GRID)),
    ...levels.map((value) =>
      text(PLOT.left - 10, y(value) + 5, String(value), `text-anchor="end" font-size="12" fill="${QUIET}"`),
    ),
    ...sizes.map((size) =>
      text(x(size), PLOT.bottom + 22, sizeName(size), `text-anchor="middle" font-size="12" fill="${QUIET}"`),
    ),
    text(PLOT.left - 40, PLOT.top - 16, unit, `font-size="12" fill="${QUIET}"`),
    text(
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 42,
      'elements',
      `text-anchor="middle" font-size="12" fill="${QUIET}"`,
    ),
  ];
  const draw = line<readonly [number, number]>(
    ([size]) => x(size),
    ([, value]) => y(value),
  ).digits(1);
  const colourOf = new Map(curves.map(({ name, isLimit }, i) => [name, isLimit ? QUIET : COLOURS[i % COLOURS.length]]));
  const lines = curves.flatMap(({ name, points, isLimit }) => {
    const colour = colourOf.get(name);
    const dots = points.map(
      ([size, value]) => `<circle cx="${tenths(x(size))}" cy="${tenths(y(value))}" r="3" fill="${colour}"/>`,
    );
    return [
      `<path d="${draw(points)}" fill="none" stroke="${colour}" stroke-width="2"${isLimit ? ' stroke-dasharray="5 4"' : ''} stroke-linejoin="round"/>`,
      ...(isLimit ? [] : dots),
    ];
  });
  // Labels at the ends of the lines, pushed down where two would overlap, and all up again where the last leaves the plot.
  const ends = curves
    .map(({ name, points }) => ({ name, value: points[points.length - 1][1], end: points[points.length - 1] }))
    .map((label) => ({ ...label, at: y(label.value) }))
    .sort((a, b) => a.at - b.at);
  const gap = 18;
  for (let i = 1; i < ends.length; i++) ends[i].at = Math.max(ends[i].at, ends[i - 1].at + gap);
  for (let i = ends.length - 1, floor = PLOT.bottom + 4; i >= 0; i--, floor -= gap)
    ends[i].at = Math.min(ends[i].at, floor);
  const labels = ends.map(({ name, value, end, at }) => {
    const colour = colourOf.get(name) ?? QUIET;
    return [
      stroke(x(end[0]) + 5, y(value), PLOT.right + 24, at, '#c8ced4'),
      text(PLOT.right + 30, at + 5, `${name}  ${digits(value)}`, `font-size="13" fill="${colour}"`),
    ].join('');
  });
  const frame = {
    width: WIDTH,
    height: HEIGHT,
    title,
    subtitle: subtitle(results),
    description: curves
      .map(
        ({ name, points }) =>
          `${name}: ${points.map(([size, value]) => `${digits(value)} at ${sizeName(size)}`).join(', ')}.`,
      )
      .join(' '),
  };
  return svgDocument(frame, [...grid, ...lines, ...labels].join('\n'));
}

const isAdam = ({ optimizer, dtype }: Throughput) => optimizer === 'Adam' && dtype === 'f32';

/** Adam: lockstep, what else computes it, and what the machine allows; `undefined` where it was not measured. */
export function adamChart(results: Results): string | undefined {
  const sizes = results.throughput.filter(isAdam);
  if (sizes.length < 2) return undefined;
  const native = results.machine.backends[0];
  const names = [native, 'typescript', 'hoisted loop', 'naive loop', 'limit: memory', 'limit: ÷ and √'];
  const own = names.map((name): Curve => {
    const points = sizes.flatMap(({ elements, rows }) => {
      const row = rows.find((candidate) => candidate.name === name);
      return row ? [[elements, row.nsPerElement.median] as const] : [];
    });
    const isLimit = name.startsWith('limit');
    return { name: name === native ? `lockstep (${name})` : name, points, isLimit };
  });
  const peers = results.peers?.results.filter(({ optimizer }) => optimizer === 'Adam') ?? [];
  const others = [...new Set(peers.flatMap(({ rows }) => rows.map(({ name }) => name)))]
    .filter((name) => name !== 'lockstep' && !names.includes(name))
    .map((name): Curve => {
      const points = peers.flatMap(({ elements, rows }) => {
        const row = rows.find((candidate) => candidate.name === name);
        return row ? [[elements, row.nsPerElement.median] as const] : [];
      });
      return { name, points };
    });
  const curves = [...own, ...others].filter(({ points }) => points.length > 1);
  return chart(results, 'Adam over f32: time of one element', 'ns per element, the less the better', curves, true);
}

/** How many times as fast as the hoisted loop, each optimizer; `undefined` where it was not measured. */
export function loopChart(results: Results): string | undefined {
  const groups = new Map<string, (readonly [number, number])[]>();
  for (const { optimizer, dtype, elements, ratios } of results.throughput) {
    const found = ratios.find(({ name }) => name === `${results.machine.backends[0]}: times the hoisted loop's speed`);
    if (found === undefined) continue;
    const name = `${optimizer} ${dtype}`;
    groups.set(name, [...(groups.get(name) ?? []), [elements, found.value.median]]);
  }
  const curves = [...groups].map(([name, points]) => ({ name, points })).filter(({ points }) => points.length > 1);
  if (curves.length === 0) return undefined;
  const title = 'Against a JavaScript loop with hoisted constants';
  return chart(results, title, 'times as fast', curves, false);
}
