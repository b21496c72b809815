import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartSvg } from '../chart/svg.ts';
import { count } from '../measure/throughput.ts';
import { jsonText } from '../report/json-text.ts';
import { type Machine, machineText } from '../report/machine.ts';
import { curves } from './all.ts';
import { curveChart } from './charts.ts';
import type { Curve, CurvePoint, SideFigures } from './curve.ts';

type StoredSide = { readonly [Key in keyof SideFigures]: SideFigures[Key] };

/** curves.json: objects alone, points by what they are at. */
export interface CurvesRecord {
  readonly at: string;
  readonly machine: { readonly [Key in keyof Machine]: Machine[Key] };
  readonly rounds: number;
  readonly scale: number;
  readonly curves: { readonly [curve: string]: { readonly [x: string]: StoredPoint } };
}

type StoredPoint = {
  readonly unary: StoredSide;
  readonly route: StoredSide;
  readonly select?: StoredSide;
  readonly memoryMb: { readonly [Key in keyof CurvePoint['memoryMb']]: number };
};

/** As it is stored: four digits are more than any of them is good for. */
export function storedPoint({ unary, route, select, memoryMb }: CurvePoint): StoredPoint {
  return rounded({ unary, route, ...(select && { select }), memoryMb });
}

/** The points of one curve, ascending. */
export function pointsOf({ curves: stored }: CurvesRecord, { name }: Curve): readonly CurvePoint[] {
  return Object.entries(stored[name] ?? {}).map(([x, point]) => ({
    ...point,
    x: Number(x),
    select: point.select,
  }));
}

/** The name of a curve's picture, beside curves.json. */
export function pictureOf({ name }: Curve): string {
  return `curve-${name}.svg`;
}

/** Writes curves.json, curves.md and a picture for each curve. */
export function writeCurves(directory: string, record: CurvesRecord): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'curves.json'), jsonText(plain(record)));
  writeFileSync(join(directory, 'curves.md'), curvesMarkdown(record));
  for (const curve of curves) {
    const points = pointsOf(record, curve);
    if (points.length > 0)
      writeFileSync(join(directory, pictureOf(curve)), chartSvg(curveChart(curve, points)));
  }
}

export function readCurves(directory: string): CurvesRecord {
  return JSON.parse(readFileSync(join(directory, 'curves.json'), 'utf8')) as CurvesRecord;
}

/** Every point of every curve, as tables. */
export function curvesMarkdown(record: CurvesRecord): string {
  const sections = curves.flatMap((curve) => {
    const points = pointsOf(record, curve);
    if (points.length === 0) return [];
    return [`## ${curve.title}\n\n${sentence(curve.conditions)}\n\n${pointsTable(curve, points)}\n`];
  });
  return `# What grows, and what it costs

Medians and, in parentheses, the rounds they are of. A pair is a SelectAccount and its ReportResult; costs are the server's CPU time a call.
Memory: as the sidecar was ready, right after the calls, and ten seconds later.

${sections.join('\n')}
${measuredBy(record)}
`;
}

/** What the figures were measured by, and on. */
export function measuredBy({ at, machine, rounds, scale }: CurvesRecord): string {
  const trial = scale === 1 ? '' : `, **a trial at ${scale} of the usual length: no figure counts**`;
  return `\`npm run curves\`, ${at.slice(0, 10)}: ${machineText(machine)}; ${rounds} rounds${trial}.`;
}

function pointsTable({ xTitle }: Curve, points: readonly CurvePoint[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = ['unary calls/s', 'µs', 'Route calls/s', 'µs', 'Route select µs', 'MB', 'server, client'];
  const columns = [xTitle, ...head];
  return [
    line(columns),
    line(columns.map(() => '---:')),
    ...points.map(({ x, unary, route, select, memoryMb }) =>
      line([
        count(x),
        ...[callsText(unary), cpuText(unary), callsText(route), cpuText(route)],
        select === undefined ? '' : cpuText(select),
        [memoryMb.ready, memoryMb.loaded, memoryMb.settled].map((each) => each.toFixed(0)).join(', '),
        `${percent(route.serverShare)}, ${percent(route.clientShare)}`,
      ]),
    ),
  ].join('\n');
}

function callsText({ callsPerSecond, callsSpread: { low, high } }: SideFigures): string {
  return `${count(callsPerSecond)} (${count(low)} to ${count(high)})`;
}

function cpuText({ cpuMicros, cpuSpread: { low, high } }: SideFigures): string {
  return `${cpuMicros.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function rounded<Value>(value: Value): Value {
  if (typeof value === 'number') return Number(value.toPrecision(4)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rounded(each)])) as Value;
}

/** Interfaces are no index signatures; what they hold here is JSON all the same. */
function plain(record: CurvesRecord): Parameters<typeof jsonText>[0] {
  return record as unknown as Parameters<typeof jsonText>[0];
}
