import { beforeEach, expect, test } from 'vitest';
import { KnownSums } from '../../../../src/adapters/sqlite/known-sums.ts';
import { utcDay } from '../../../../src/ports/calendar.ts';
import type { UsageEntry } from '../../../../src/ports/ledger.ts';

const dayMs = 86_400_000;
/** A Wednesday, noon. */
const noon = Date.UTC(2026, 6, 15, 12);
const today = utcDay(noon);

let known: KnownSums;
beforeEach(() => {
  known = new KnownSums();
});

function booked(accountId: string, costUsd: number, bookedAtMs = noon): void {
  const names = { leaseId: 'lease', groupId: '', model: 'model' };
  const tokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheCreationTokens: 0 };
  const entry: UsageEntry = { ...names, ...tokens, accountId, bookedAtMs, costUsd };
  known.add(entry);
}

test('nothing is known of an account before it is kept, whatever was booked', () => {
  booked('a', 1);
  expect(known.windowCost('a', noon)).toBeUndefined();
  expect(known.quotaUse('a', today)).toBeUndefined();
});

test('a window grows by what is booked in it, and is known by its start alone', () => {
  known.keepWindowCost('a', noon, 2);
  booked('a', 1, noon - 1);
  booked('a', 0.25, noon);
  booked('b', 8);
  expect(known.windowCost('a', noon)).toBe(2.25);
  expect(known.windowCost('a', noon - 1)).toBeUndefined();
  expect(known.windowCost('b', noon)).toBeUndefined();
  expect(known.quotaUse('a', today)).toBeUndefined();
});

test('a booking counts for its own day, week and ever', () => {
  known.keepQuotaUse('a', today, { dailyUsd: 1, weeklyUsd: 2, totalUsd: 3 });
  booked('a', 0.5);
  booked('a', 0.25, noon - dayMs);
  booked('a', 0.125, noon - 7 * dayMs);
  expect(known.quotaUse('a', today)).toEqual({ dailyUsd: 1.5, weeklyUsd: 2.75, totalUsd: 3.875 });
  expect(known.quotaUse('a', today + 1)).toBeUndefined();
  expect(known.windowCost('a', noon)).toBeUndefined();
});

test('beyond 16,384 accounts those kept first make room, and all others stay right', () => {
  const accounts = Array.from({ length: 16_500 }, (_, index) => `account-${index}`);
  for (const [index, accountId] of accounts.entries()) {
    known.keepWindowCost(accountId, noon, index);
    known.keepQuotaUse(accountId, today, { dailyUsd: index, weeklyUsd: index, totalUsd: index });
  }
  for (const accountId of accounts) booked(accountId, 0.5);
  const gone = accounts.length - 16_384;
  for (const [index, accountId] of accounts.entries()) {
    const sum = index + 0.5;
    expect(known.windowCost(accountId, noon)).toBe(index < gone ? undefined : sum);
    expect(known.quotaUse(accountId, today)).toEqual(
      index < gone ? undefined : { dailyUsd: sum, weeklyUsd: sum, totalUsd: sum },
    );
  }
});

test('an account that made room begins anew', () => {
  known.keepWindowCost('first', noon, 7);
  for (let index = 0; index < 16_384; index += 1) known.keepWindowCost(`account-${index}`, noon, 0);
  known.keepQuotaUse('first', today, { dailyUsd: 1, weeklyUsd: 1, totalUsd: 1 });
  expect(known.windowCost('first', noon)).toBeUndefined();
});
