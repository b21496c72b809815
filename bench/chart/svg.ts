import type { Chart, Line, Panel, Point } from './chart.ts';
import { linearScale, logScale, type Scale, tickText } from './scale.ts';
import { styleSheet } from './theme.ts';

/*
 * The place of everything is fixed: another run moves the lines, and the numbers beside an axis where they have to. Coordinates have
 * one decimal, so that a file stays small.
 */

const width = 900;
const height = 300;
const margin = 12;
const plotTop = 76;
const plotHeight = 164;
/** Left of a plot, for the numbers of its axis. */
const yNumbers = 44;
/** More points than this are joined into runs: a line has no more room. */
const pointsMax = 200;
/** Up to this many points each has a dot. */
const dotsMax = 20;

/** An SVG of its own, at most 12 KB for three panels of four lines. */
export function chartSvg({ title, panels }: Chart): string {
  const panelWidth = (width - 2 * margin) / panels.length;
  const drawn = panels.map((panel, index) =>
    panelSvg(panel, { left: margin + index * panelWidth, width: panelWidth }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${styleSheet()}</style>`,
    `<rect class="r" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    text(margin + 4, 24, title, 'h'),
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

interface Place {
  readonly left: number;
  readonly width: number;
}

interface Plot extends Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function panelSvg(panel: Panel, place: Place): string {
  const points = panel.lines.flatMap((line) => line.points);
  const xs = points.map(({ x }) => x);
  const xScale = panel.xScale === 'log' ? logScale(xs) : linearScale(xs);
  const yScale = linearScale(points.flatMap(({ y, spread }) => [y, spread?.high ?? 0]));
  const left = place.left + yNumbers;
  const plotWidth = place.width - yNumbers - 22;
  const plot = {
    left,
    width: plotWidth,
    x: (value: number) => left + xScale.at(value) * plotWidth,
    y: (value: number) => plotTop + (1 - yScale.at(value)) * plotHeight,
  };
  return [
    text(place.left + 4, 46, panel.title, 'b'),
    legend(panel.lines, place.left + 4),
    grid(plot, xScale, yScale),
    text(left + plotWidth / 2, height - 14, panel.xTitle, 'c'),
    ...panel.lines.map((line, index) => lineSvg(line.points, index, plot)),
  ].join('\n');
}

/** Beside each other, as wide as their names. */
function legend(lines: readonly Line[], from: number): string {
  const sample = 20;
  const letter = 5.6;
  let x = from;
  return lines
    .map(({ name }, index) => {
      const key = `<polyline class="l${index}" points="${pair(x, 60)} ${pair(x + sample, 60)}"/>`;
      const label = text(x + sample + 4, 64, name, '');
      x += sample + 14 + name.length * letter;
      return key + label;
    })
    .join('');
}

function grid({ left, width: plotWidth, x, y }: Plot, xScale: Scale, yScale: Scale): string {
  const rows = yScale.ticks.map((tick) => `M${pair(left, y(tick))}h${one(plotWidth)}`);
  const columns = xScale.ticks.map((tick) => `M${pair(x(tick), plotTop + plotHeight)}v5`);
  return [
    `<path class="g" d="${[...rows, ...columns].join('')}"/>`,
    ...yScale.ticks.map((tick) => text(left - 6, y(tick) + 4, tickText(tick), 'e')),
    ...xScale.ticks.map((tick) => text(x(tick), plotTop + plotHeight + 18, tickText(tick), 'c')),
  ].join('');
}

function lineSvg(points: readonly Point[], index: number, { x, y }: Plot): string {
  const places = thinned(points).map((point) => pair(x(point.x), y(point.y)));
  const bars = points.flatMap(({ x: at, spread }) =>
    spread === undefined ? [] : [`M${pair(x(at), y(spread.low))}V${one(y(spread.high))}`],
  );
  const dots =
    points.length > dotsMax
      ? []
      : places.map((place) => {
          const [cx, cy] = place.split(',');
          return `<circle class="d l${index}" cx="${cx}" cy="${cy}" r="2.6"/>`;
        });
  return [
    `<polyline class="l${index}" points="${places.join(' ')}"/>`,
    ...(bars.length === 0 ? [] : [`<path class="w l${index}" d="${bars.join('')}"/>`]),
    ...dots,
  ].join('');
}

/** Of a run of points the highest stands for all, so that no peak is lost. */
function thinned(points: readonly Point[]): readonly Point[] {
  const run = Math.ceil(points.length / pointsMax);
  if (run <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / run) }, (_, index) =>
    points.slice(index * run, (index + 1) * run).reduce((a, b) => (b.y > a.y ? b : a)),
  );
}

function text(x: number, y: number, content: string, style: string): string {
  const named = style === '' ? '' : ` class="${style}"`;
  return `<text${named} x="${one(x)}" y="${one(y)}">${escaped(content)}</text>`;
}

function pair(x: number, y: number): string {
  return `${one(x)},${one(y)}`;
}

function one(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
