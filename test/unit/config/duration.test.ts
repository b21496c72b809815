import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/config/duration.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['8d', 691_200_000],
  ['1.5s', 1_500],
  ['1h30m', 5_400_000],
  ['1m0s500ms', 60_500],
  ['0s', 0],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  '',
  '30',
  '30 s',
  '-30s',
  's',
  '1.s',
  '.5s',
  '30S',
  '1y',
  '30s1m',
  '5s5s',
  '1e3s',
  '30sec',
  'NaNs',
  '5m ',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('what is written reads back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 10 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('durations are written short', () => {
  expect([0, 999, 90_000, 3_600_000].map(formatDuration)).toEqual(['0ms', '999ms', '1m30s', '1h']);
});
