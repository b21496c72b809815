import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { curves } from '../curves/all.ts';
import type { Curve, CurvePoint } from '../curves/curve.ts';
import { type CurvesRecord, measuredBy, pictureOf, pointsOf } from '../curves/results.ts';
import { count } from '../measure/throughput.ts';
import { root } from '../root.ts';
import { type SoakKind, type SoakRecord, soakedBy, soakLines, soakPicture } from '../soak/results.ts';
import { type RowsRecord, rowsBlock } from './rows-record.ts';

const readme = join(root, 'README.md');

/** What was measured to be shown: the figures the README's parts are made of. */
export const published = join(root, 'docs/bench');

/** The text with each part of it that the bench writes, between its two marks, as the stored figures give it. Throws where a mark is missing. */
export function withFigures(text: string, directory: string = published): string {
  const parts = {
    rows: part<RowsRecord>(directory, 'rows.json', rowsBlock),
    curves: part<CurvesRecord>(directory, 'curves.json', (record) => curvesBlock(record, directory)),
    'soak-embedded': part<SoakRecord>(directory, 'soak-embedded.json', (record) =>
      soakBlock('embedded', record, directory),
    ),
    'soak-redis': part<SoakRecord>(directory, 'soak-redis.json', (record) =>
      soakBlock('redis', record, directory),
    ),
  };
  return Object.entries(parts).reduce((result, [name, content]) => {
    const marks = new RegExp(`(<!-- measured: ${name} -->\\n)[\\s\\S]*?(<!-- end of measured -->)`);
    if (!marks.test(result)) throw new Error(`README.md has no place for the figures "${name}"`);
    return result.replace(marks, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
  }, text);
}

/** Writes the README's parts anew. */
export function updateReadme(): void {
  writeFileSync(readme, withFigures(readFileSync(readme, 'utf8')));
}

function part<Stored>(directory: string, file: string, block: (record: Stored) => string): string {
  const path = join(directory, file);
  if (!existsSync(path)) return 'Not measured yet.';
  return block(JSON.parse(readFileSync(path, 'utf8')) as Stored);
}

function curvesBlock(record: CurvesRecord, directory: string): string {
  const shown = curves.flatMap((curve) => {
    const points = pointsOf(record, curve);
    if (points.length === 0) return [];
    return [`${curveLine(curve, points)}\n\n${picture(curve.title, directory, pictureOf(curve))}\n`];
  });
  const table = `Every point: [\`curves.md\`](${relative(root, join(directory, 'curves.md'))}).`;
  return `${shown.join('\n')}\n${table} ${measuredBy(record)}`;
}

/** What a curve shows, in a line. */
function curveLine({ title, xTitle, conditions }: Curve, points: readonly CurvePoint[]): string {
  const first = points[0]!;
  const last = points.at(-1)!;
  const micros = (each: CurvePoint) => each.route.cpuMicros.toFixed(1);
  const perSecond = (each: CurvePoint) => count(each.unary.callsPerSecond);
  const megabytes = (each: CurvePoint) => each.memoryMb.settled.toFixed(0);
  return [
    `**${title}**: ${conditions}. From ${count(first.x)} to ${count(last.x)} ${xTitle} a call on \`Route\` costs`,
    `${micros(first)} and ${micros(last)} µs, there are ${perSecond(first)} and ${perSecond(last)} unary calls a second, and memory`,
    `settles at ${megabytes(first)} and ${megabytes(last)} MB.`,
  ].join(' ');
}

function soakBlock(kind: SoakKind, record: SoakRecord, directory: string): string {
  const lines = soakLines(record).map((line) => `- ${line}`);
  const title = `Latency and memory over the soak, ${kind}`;
  return `${soakedBy(record)}:\n\n${lines.join('\n')}\n\n${picture(title, directory, soakPicture(kind))}`;
}

function picture(title: string, directory: string, file: string): string {
  return `![${title}](${relative(root, join(directory, file))})`;
}
