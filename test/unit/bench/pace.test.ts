import { expect, test } from 'vitest';
import { Pace } from '../../../bench/load/pace.ts';

const pace = new Pace({ perSecond: 400, beganMs: 1_000, lastsMs: 50 });

test('calls are planned at a constant distance from the begin on', () => {
  expect([0, 1, 4].map((n) => pace.plannedMs(n))).toEqual([1_000, 1_002.5, 1_010]);
});

test('a call is due at its moment and not before', () => {
  expect([999, 1_000, 1_002.4, 1_002.5, 1_010].map((now) => pace.dueBy(now))).toEqual([0, 1, 1, 2, 5]);
});

test('a turn that comes late finds due all that it missed, each with the moment it was planned for', () => {
  const late = 1_021;
  expect(pace.dueBy(late)).toBe(9);
  expect(late - pace.plannedMs(1)).toBe(18.5);
});

test('nothing is due beyond the end of the plan', () => {
  expect(pace.total).toBe(20);
  expect(pace.dueBy(60_000)).toBe(20);
});

test('a rate that is no whole number of calls loses none over time', () => {
  const odd = new Pace({ perSecond: 333.3, beganMs: 0, lastsMs: 10_000 });
  expect(odd.total).toBe(3_333);
  expect(odd.dueBy(9_999.9)).toBe(3_333);
  expect(new Pace({ perSecond: 3, beganMs: 0, lastsMs: 60_000 }).total).toBe(180);
});
