/** What the charts have in common: a stand-alone SVG on white, which reads as well on a dark page as on a light one. */

export const INK = '#1f2328';
export const QUIET = '#57606a';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly subtitle: string;
  /** The content in words, for those who cannot see it. */
  readonly description: string;
}

export function svgDocument({ width, height, title, subtitle, description }: Frame, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"
  role="img" aria-labelledby="title description" font-size="14" fill="${INK}"
  font-family="system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif">
<title id="title">${escapeXml(title)}</title>
<desc id="description">${escapeXml(description)}</desc>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="#ffffff" stroke="#d0d7de"/>
${text(28, 42, title, 'font-size="21" font-weight="600"')}
${text(28, 66, subtitle, `fill="${QUIET}"`)}

${content}
</svg>
`;
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${tenths(x)}" y="${tenths(y)}"${attributes && ` ${attributes}`}>${escapeXml(content)}</text>`;
}

export function stroke(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${tenths(x1)},${tenths(y1)}L${tenths(x2)},${tenths(y2)}" stroke="${colour}"/>`;
}

export function tenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
