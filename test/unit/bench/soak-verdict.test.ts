import { expect, test } from 'vitest';
import type { Slice } from '../../../bench/load/paced-job.ts';
import { afterWarmUp, medianSlope, soakVerdict } from '../../../bench/soak/verdict.ts';

/** Ten minutes in slices of ten seconds, each with a thousand selections. */
function slices(of: (index: number) => Partial<Slice> = () => ({})): Slice[] {
  return Array.from({ length: 60 }, (_, index) => ({
    ...{ atSeconds: (index + 1) * 10, seconds: 10, selections: 1_000, errors: 0 },
    ...{ p50: 0.5, p99: 2, p999: 5, longest: 9, sentLateP99: 0.1, inFlight: 4 },
    ...{ serverRssMb: 200, serverShare: 0.5, othersShare: 0 },
    ...of(index),
  }));
}

const missed = (of?: (index: number) => Partial<Slice>) => soakVerdict(slices(of), 60_000).missed;

test('a steady soak is level', () => {
  expect(soakVerdict(slices(), 60_000)).toEqual({
    p99: { first: 2, last: 2, drift: 0, level: true },
    memory: { first: 200, last: 200, drift: 0, level: true },
    errors: 0,
    answered: 1,
    missed: [],
  });
});

test('noise and a few wild slices are no trend', () => {
  expect(missed((index) => ({ p99: 2 + 0.4 * ((index * 7) % 5) + (index === 50 ? 80 : 0) }))).toEqual([]);
});

test('what the warm-up does is not counted', () => {
  expect(missed((index) => (index < 6 ? { p99: 90, serverRssMb: 90 } : {}))).toEqual([]);
  expect(afterWarmUp(slices())).toHaveLength(54);
  expect(afterWarmUp(slices().slice(0, 12))).toHaveLength(9);
});

test('a p99 that rises is missed', () => {
  expect(missed((index) => ({ p99: 2 + index * 0.02 }))).toEqual([
    expect.stringMatching(/^p99 not level: from 2\.\d+ to 3\.\d+ ms, a drift of \d+\.\d %$/),
  ]);
});

test('a p99 that steps up for the last third is missed', () => {
  expect(missed((index) => ({ p99: index < 42 ? 2 : 2.6 }))).toHaveLength(1);
});

test('a p99 that falls is well', () => {
  expect(missed((index) => ({ p99: 4 - index * 0.05 }))).toEqual([]);
});

test('a rise of less than a tenth of a millisecond is none', () => {
  expect(missed((index) => ({ p99: 0.1 + index * 0.0015 }))).toEqual([]);
});

test('memory that grows by more than a twentieth is missed, however smoothly', () => {
  expect(missed((index) => ({ serverRssMb: 200 + index * 0.3 }))).toEqual([
    expect.stringMatching(/^memory not level/),
  ]);
  expect(missed((index) => ({ serverRssMb: 200 + index * 0.1 }))).toEqual([]);
});

test('one error is missed', () => {
  expect(missed((index) => (index === 2 ? { errors: 1, selections: 999 } : {}))).toEqual([
    '1 errors',
    '99.998 % of the planned selections were answered right',
  ]);
});

test('too few slices to tell is missed', () => {
  expect(soakVerdict(slices().slice(0, 5), 5_000).missed).toContain('too short: 2 slices after the warm-up');
  expect(soakVerdict([], 1).missed).toContain('too short: 0 slices after the warm-up');
});

test('the median slope is not moved by a wild point', () => {
  expect(medianSlope([0, 1, 2, 3, 4], [1, 3, 500, 7, 9])).toBe(2);
  expect(medianSlope([1], [5])).toBe(0);
});
