/** Horizontal bars as SVG, readable in light and in dark; one bar a row, in parts where it has several. */

interface Bar {
  name: string;
  /** In the order of the series. */
  parts: number[];
}

export interface Bars {
  title: string;
  subtitle: string;
  /** Names of the parts; one alone needs no legend. */
  series: string[];
  bars: Bar[];
  digits: number;
}

/** Of each series in light and in dark, told apart also by those who see colours differently. */
const COLOURS = [
  ['#2a78d6', '#3987e5'],
  ['#1baf7a', '#199e70'],
  ['#eda100', '#c98500'],
  ['#4a3aa7', '#9085e9'],
] as const;

const WIDTH = 760;
const LEFT = 215;
const RIGHT = 80;
const ROW = 30;
const THICK = 18;
const GAP = 2;

const text = (said: string): string =>
  said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

function style(): string {
  const classes = COLOURS.map(([light], index) => `.s${index}{fill:${light}}`).join('');
  const dark = COLOURS.map(([, colour], index) => `.s${index}{fill:${colour}}`).join('');
  return [
    '<style>text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#0b0b0b}',
    '.title{font-size:15px;font-weight:600}.soft{fill:#52514e}.ground{fill:#fcfcfb}.line{stroke:#c3c2b7}',
    classes,
    '@media (prefers-color-scheme:dark){text{fill:#fff}.soft{fill:#c3c2b7}.ground{fill:#1a1a19}',
    `.line{stroke:#52514e}${dark}}</style>`,
  ].join('');
}

const rect = (kind: string, x: number, y: number, width: number, height: number, inside = ''): string =>
  `<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}"` +
  ` height="${height}" rx="2">${inside}</rect>`;

const words = (kind: string, x: number, y: number, said: string): string =>
  `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${text(said)}</text>`;

/** @returns one <g> a bar: its name, its parts from left to right, and what they are together */
function row({ name, parts }: Bar, index: number, top: number, scale: number, chart: Bars): string {
  const middle = top + index * ROW + ROW / 2;
  let from = LEFT;
  const drawn = parts.map((value, part) => {
    const width = value * scale;
    const x = from;
    from += width;
    if (width < 0.5) return '';
    const shown = Math.max(1, width - (part < parts.length - 1 ? GAP : 0));
    const tip = `${name}, ${chart.series[part]}: ${value.toFixed(chart.digits)}`;
    const y = middle - THICK / 2;
    return rect(`s${part}`, x, y, shown, THICK, `<title>${text(tip)}</title>`);
  });
  const label = `<text x="${LEFT - 10}" y="${middle + 4.5}" text-anchor="end">${text(name)}</text>`;
  const total = words('soft', from + 8, middle + 4.5, sum(parts).toFixed(chart.digits));
  return `<g>${label}${drawn.join('')}${total}</g>`;
}

function legend(series: string[]): string {
  let x = LEFT;
  const entries = series.map((name, index) => {
    const at = x;
    x += 30 + name.length * 7.5;
    return rect(`s${index}`, at, 58, 12, 12) + words('soft', at + 18, 69, name);
  });
  return entries.join('');
}

export function barsSvg(chart: Bars): string {
  const { title, subtitle, series, bars } = chart;
  const top = series.length > 1 ? 84 : 60;
  const height = top + bars.length * ROW + 14;
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...bars.map(({ parts }) => sum(parts)), Number.EPSILON);
  const axis = `<line class="line" x1="${LEFT}" y1="${top}" x2="${LEFT}" y2="${top + bars.length * ROW}"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${text(title)}</title>`,
    style(),
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    words('title', 16, 26, title) + words('soft', 16, 46, subtitle),
    series.length > 1 ? legend(series) : '',
    ...bars.map((bar, index) => row(bar, index, top, scale, chart)),
    axis,
    '</svg>\n',
  ].join('\n');
}
