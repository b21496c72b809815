import { describe, expect, test } from 'vitest';
import { toJson } from '../../../bench/report/files.ts';
import { figureText, markdownTable, rowLines } from '../../../bench/report/table.ts';
import { type Bar, type Figure, type Row, reaches } from '../../../bench/rows/row.ts';
import { rows } from '../../../bench/rows/rows.ts';

const atLeast: Bar = { kind: 'at_least', value: 0.8, unit: '' };
const atMost: Bar = { kind: 'at_most', value: 110, unit: 'MB' };
const of = (
  value: number,
  more: { spread?: { low: number; high: number }; missed?: string } = {},
): Figure => ({
  kind: 'measured',
  value,
  details: ['as it was'],
  ...more,
});
const rowOf = (bar: Bar): Row => ({
  name: 'a_row',
  what: 'what it is',
  bar,
  run: () => Promise.resolve(of(1)),
});

describe('a bar', () => {
  test('is met where it is reached exactly', () => {
    expect(reaches(atLeast, of(0.8))).toBe(true);
    expect(reaches(atMost, of(110))).toBe(true);
  });

  test('is missed on its wrong side', () => {
    expect(reaches(atLeast, of(0.7999))).toBe(false);
    expect(reaches(atMost, of(110.01))).toBe(false);
  });

  test('is missed where there is nothing to measure, or something else is missed', () => {
    expect(reaches(atLeast, { kind: 'unavailable', reason: 'no Redis' })).toBe(false);
    expect(reaches(atLeast, of(2, { missed: 'it grew' }))).toBe(false);
  });

  test('is missed by what is no number', () => {
    expect(reaches(atLeast, of(Number.NaN))).toBe(false);
    expect(reaches(atMost, of(Number.NaN))).toBe(false);
  });
});

test('a figure is rounded so that a miss never reads as met', () => {
  expect(figureText(atLeast, of(0.79999))).toBe('0.799');
  expect(figureText(atLeast, of(0.8))).toBe('0.800');
  expect(figureText(atMost, of(110.001))).toBe('110.1 MB');
  expect(figureText(atMost, of(110))).toBe('110.0 MB');
});

test('the table has a line a row, with what is missed marked', () => {
  const outcomes = [
    { row: rowOf(atLeast), figure: of(0.9, { spread: { low: 0.85, high: 0.95 } }) },
    { row: rowOf(atMost), figure: { kind: 'unavailable', reason: 'not there' } as const },
  ];
  expect(markdownTable(outcomes).split('\n').slice(2)).toEqual([
    '| `a_row` | what it is | ≥ 0.80 | 0.900 | 0.850 to 0.950 | met |',
    '| `a_row` | what it is | ≤ 110 MB | – |  | **missed** |',
  ]);
});

test('the terminal shows why', () => {
  expect(rowLines({ row: rowOf(atLeast), figure: of(2, { missed: 'it grew' }) })).toMatch(
    /^MISSED +a_row .*\n +missed: it grew\n +as it was$/,
  );
});

test('the file of results holds no list, which formatters write in different ways', () => {
  const machine = { processor: 'x', cores: 2, memoryGb: 8, kernel: '6', node: 'v24' };
  const outcomes = [{ row: rowOf(atLeast), figure: of(0.9) }];
  const json = JSON.stringify(toJson({ outcomes, machine, rounds: 5, scale: 1, at: new Date(0) }));
  expect(json).not.toContain('[');
  expect(JSON.parse(json)).toMatchObject({
    rows: { a_row: { met: true, value: 0.9, details: { 1: 'as it was' } } },
  });
});

test('every row has a name of its own', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows).toHaveLength(10);
});
