// Numbers and tables as text.

import type { Spread } from './measure.js';

export function digits(value: number): string {
  const size = Math.abs(value); // differences may be negative
  if (size >= 999.5) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

export function cell({ median, q1, q3 }: Spread): string {
  return `${digits(median)} (${digits(q1)}–${digits(q3)})`;
}

/** The median, and half the distance of the quartiles as a share of it. */
export function shortCell({ median, q1, q3 }: Spread): string {
  return `${digits(median)} ±${Math.round((50 * (q3 - q1)) / median)}%`;
}

export function sizeName(elements: number): string {
  return elements >= 2 ** 20 ? `${elements / 2 ** 20} M` : `${elements / 2 ** 10} K`;
}

/** A Markdown table with its columns lined up, so that it also reads as plain text. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((_, k) => Math.max(3, ...[head, ...body].map((row) => row[k].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, k) => (k === 0 ? text.padEnd(widths[k]) : text.padStart(widths[k]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, k) => (k === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}
