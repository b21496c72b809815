import { expect, test } from 'vitest';
import { collectAtFirstIdle } from '../../src/first-idle.ts';
import { manualClock } from '../support/manual-clock.ts';

function collections(busyShares: number[]): {
  readonly clock: ReturnType<typeof manualClock>;
  count: number;
} {
  const seen = { clock: manualClock(), count: 0 };
  collectAtFirstIdle({
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
  expect(seen.clock.pending).toBe(0);
});

test('a busy process is collected in its first idle second', () => {
  const seen = collections([0.9, 0.03, 0.02]);
  seen.clock.advance(2_999);
  expect(seen.count).toBe(0);
  seen.clock.advance(1);
  expect(seen.count).toBe(1);
});

test('the collection gives memory back', () => {
  const clock = manualClock();
  collectAtFirstIdle({ clock, busyShare: () => 0 });
  let garbage: unknown[] | undefined = Array.from({ length: 200_000 }, (_, each) => ({ each }));
  const before = process.memoryUsage().heapUsed;
  expect(garbage).toHaveLength(200_000);
  garbage = undefined;
  clock.advance(1_000);
  expect(process.memoryUsage().heapUsed).toBeLessThan(before - 2_000_000);
});
