import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { curves } from '../../../bench/curves/all.ts';
import type { CurvePoint } from '../../../bench/curves/curve.ts';
import { pointsOf, readCurves, storedPoint, writeCurves } from '../../../bench/curves/results.ts';
import { publishRows } from '../../../bench/report/files.ts';
import { jsonText } from '../../../bench/report/json-text.ts';
import { withFigures } from '../../../bench/report/readme.ts';
import type { Figure } from '../../../bench/rows/row.ts';
import { rows } from '../../../bench/rows/rows.ts';
import { readSoak, slicesOf, storedSlices, writeSoak } from '../../../bench/soak/results.ts';

const machine = { processor: 'a processor', cores: 2, memoryGb: 8, kernel: '6', node: 'v24' };
const at = '2026-01-02T03:04:05.000Z';
const names = ['rows', 'curves', 'soak-embedded', 'soak-redis'];
const marked = (name: string, content = '') =>
  `<!-- measured: ${name} -->\n${content}<!-- end of measured -->\n`;
const text = `before\n${names.map((name) => marked(name, 'old\n')).join('')}after\n`;

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'remora-figures-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const side = (callsPerSecond: number, cpuMicros: number) => ({
  ...{ callsPerSecond, callsSpread: { low: callsPerSecond - 10, high: callsPerSecond + 10 } },
  ...{ cpuMicros, cpuSpread: { low: cpuMicros - 1, high: cpuMicros + 1 } },
  ...{ serverShare: 0.9, clientShare: 0.2, othersShare: 0 },
});
const point = (x: number): CurvePoint => ({
  x,
  unary: side(20_000, 50),
  route: side(90_000, 11.04),
  select: undefined,
  memoryMb: { ready: 110, loaded: 160, settled: 140 },
});
const slice = (index: number) => ({
  ...{ atSeconds: (index + 1) * 10, seconds: 10, selections: 1_000, errors: 0 },
  ...{ p50: 0.5, p99: 2, p999: 5, longest: 9, sentLateP99: 0.1, inFlight: 4 },
  ...{ serverRssMb: 200, serverShare: 0.5, othersShare: 0 },
});
const soaked = {
  ...{ at, machine, kind: 'embedded' as const, minutes: 30, topPairsPerSecond: 200, pairsPerSecond: 100 },
  slices: storedSlices(Array.from({ length: 180 }, (_, index) => slice(index))),
};

test('parts that were not measured say so', () => {
  const filled = withFigures(text, directory());
  expect(filled).toBe(`before\n${names.map((name) => marked(name, 'Not measured yet.\n')).join('')}after\n`);
  expect(withFigures(filled, directory())).toBe(filled);
});

test('a missing place is told', () => {
  expect(() => withFigures(text.replace('measured: curves', 'measured: x'), directory())).toThrow(
    'no place for the figures "curves"',
  );
});

test('rows are the table of the run, with the command, the machine and the verdict', () => {
  const out = directory();
  const figures: Figure[] = [
    { kind: 'measured', value: 0.9, spread: { low: 0.8, high: 1 }, details: ['so'] },
    { kind: 'measured', value: 9, details: [] },
    { kind: 'unavailable', reason: 'no Redis' },
  ];
  const outcomes = figures.map((figure, index) => ({ row: rows[index]!, figure }));
  publishRows(out, { outcomes, machine, rounds: 7, scale: 1, at: new Date(at) });
  const filled = withFigures(text, out);
  expect(filled).toMatch(/^\| `select_report_unary` \|.* 0\.900 \| 0\.800 to 1\.000 \| met \|$/m);
  expect(filled).toMatch(/^\| `unary_latency` \|.* 9\.000 \|.*\*\*missed\*\* \|$/m);
  expect(filled).toMatch(/^\| `redis_select` \|.* – \|.*\*\*missed\*\* \|$/m);
  expect(filled).toContain(
    '`npm run bench -- --readme`, 2026-01-02: a processor, 2 cores, 8 GB, Linux 6, Node.js v24; 7 rounds; 2 of 3 rows missed.',
  );
});

test('each curve is a line and a picture; what is stored is what was measured', () => {
  const out = directory();
  const [curve] = curves;
  const points = Object.fromEntries([10, 10_000].map((x) => [String(x), storedPoint(point(x))]));
  writeCurves(out, { at, machine, rounds: 5, scale: 1, curves: { accounts: points } });
  expect(pointsOf(readCurves(out), curve!)).toEqual([point(10), point(10_000)]);
  const filled = withFigures(text, out);
  expect(filled).toContain('From 10 to 10,000 accounts a call on `Route` costs 11.0 and 11.0 µs');
  expect(filled).toMatch(/^!\[Accounts in a pool\]\(.*curve-accounts\.svg\)$/m);
  expect(filled.match(/^!\[/gm)).toHaveLength(1);
  expect(readFileSync(join(out, 'curve-accounts.svg'), 'utf8')).toMatch(/^<svg .*>Accounts in a pool</s);
  expect(readFileSync(join(out, 'curves.md'), 'utf8')).toContain('| 10,000 | 20,000 (19,990 to 20,010) |');
});

test('a soak is its figures, its verdict and a picture', () => {
  const out = directory();
  writeSoak(out, soaked);
  expect(slicesOf(readSoak(out, 'embedded'))).toEqual(slicesOf(soaked));
  const filled = withFigures(text, out);
  expect(filled).toContain('`npm run soak`, 2026-01-02');
  expect(filled).toContain('100 pairs a second for 30 minutes, 50 % of the top rate: 180,000 selections');
  expect(filled).toContain('- level, without an error\n');
  expect(filled).toMatch(/^!\[.*\]\(.*soak-embedded\.svg\)$/m);
});

test('a soak that missed says what', () => {
  const out = directory();
  const slices = { ...soaked.slices, 10: { ...soaked.slices['10']!, errors: 3, selections: 997 } };
  writeSoak(out, { ...soaked, slices });
  expect(withFigures(text, out)).toMatch(/^- MISSED: 3 errors; 99\.998 % of the planned/m);
});

test('JSON has objects of plain values on one line where they fit, as the formatter leaves it', () => {
  const wide = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`a-long-key-${index}`, index]));
  const written = jsonText({ a: { b: 1, c: 'd' }, wide, none: {} });
  expect(JSON.parse(written)).toEqual({ a: { b: 1, c: 'd' }, wide, none: {} });
  expect(written).toContain('\n  "a": { "b": 1, "c": "d" },\n  "wide": {\n    "a-long-key-0": 0,\n');
});
