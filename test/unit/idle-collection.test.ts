import { expect, test } from 'vitest';
import { collectWhenIdle } from '../../src/idle-collection.ts';
import { manualClock } from '../support/manual-clock.ts';

function collections(busyShares: number[]): {
  readonly clock: ReturnType<typeof manualClock>;
  count: number;
} {
  const seen = { clock: manualClock(), count: 0 };
  collectWhenIdle({
    clock: seen.clock,
    busyShare: () => busyShares.shift() ?? 0,
    collect: () => {
      seen.count += 1;
    },
  });
  return seen;
}

test('a process that idles from its start on is collected a second after it, once', () => {
  const seen = collections([]);
  seen.clock.advance(999);
  expect(seen.count).toBe(0);
  seen.clock.advance(1);
  expect(seen.count).toBe(1);
  seen.clock.advance(60_000);
  expect(seen.count).toBe(1);
});

test('a busy process is collected in its first idle second', () => {
  const seen = collections([0.9, 0.03, 0.02]);
  seen.clock.advance(2_999);
  expect(seen.count).toBe(0);
  seen.clock.advance(1);
  expect(seen.count).toBe(1);
});

test('after a stretch of work it is collected again, once, when it has rested for five seconds', () => {
  const seen = collections([0, 0.6, 0, 0, 0.5, 0, 0, 0, 0.01]);
  seen.clock.advance(9_000);
  expect(seen.count).toBe(1);
  seen.clock.advance(1_000);
  expect(seen.count).toBe(2);
  seen.clock.advance(60_000);
  expect(seen.count).toBe(2);
});

test('less than a second of work, or steady little traffic, is not worth a pause', () => {
  const seen = collections([0, 0.5, 0.4, ...Array.from({ length: 600 }, () => 0.02)]);
  seen.clock.advance(600_000);
  expect(seen.count).toBe(1);
});

test('the collection gives memory back', () => {
  const clock = manualClock();
  collectWhenIdle({ clock, busyShare: () => 0 });
  let garbage: unknown[] | undefined = Array.from({ length: 200_000 }, (_, each) => ({ each }));
  const before = process.memoryUsage().heapUsed;
  expect(garbage).toHaveLength(200_000);
  garbage = undefined;
  clock.advance(1_000);
  expect(process.memoryUsage().heapUsed).toBeLessThan(before - 2_000_000);
});
