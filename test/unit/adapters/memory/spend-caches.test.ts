import { describe, expect, it } from 'vitest';
import { AccountSpend, SpendTable } from '../../../../src/adapters/memory/account-spend.ts';
import { createQuotaCache, createWindowCostCache } from '../../../../src/adapters/memory/spend-caches.ts';
import { FiguresLog, FiguresMark } from '../../../../src/selection/figures-log.ts';

const ttlMs = 30_000;
// A second after midnight: what is read then is of this day, whenever it counts as read.
const filledAtMs = Date.UTC(2026, 10, 29) + 1_000;

function rig(count: number) {
  const log = new FiguresLog();
  const ids = Array.from({ length: count }, (_, index) => `a${index}`);
  const table = new SpendTable();
  const spends = new Map(
    ids.map((id) => [id, new AccountSpend({ ttlMs, mark: new FiguresMark(log, id), table })]),
  );
  return { ids, options: { ttlMs, spendOf: (id: string) => spends.get(id)! } };
}

async function windowRig(count: number) {
  const { ids, options } = rig(count);
  const cache = createWindowCostCache(options);
  const keys = ids.map((accountId) => ({ accountId, windowStartMs: 0 }));
  await cache.fill(
    keys.map((key) => ({ ...key, costUsd: 1, token: 0 })),
    filledAtMs,
  );
  const read = async (afterMs: number) =>
    (await cache.read(keys, filledAtMs + afterMs)).filter(({ costUsd }) => costUsd === 1).length;
  return read;
}

async function quotaRig(count: number) {
  const { ids, options } = rig(count);
  const cache = createQuotaCache(options);
  const use = { dailyUsd: 1, weeklyUsd: 1, totalUsd: 1 };
  await cache.fill(
    ids.map((accountId) => ({ accountId, use, token: 0 })),
    filledAtMs,
  );
  const read = async (afterMs: number) =>
    (await cache.read(ids, filledAtMs + afterMs)).filter((reading) => reading.use !== undefined).length;
  return read;
}

describe.each([
  ['window costs', windowRig],
  ['quotas', quotaRig],
] as const)('%s', (_what, open) => {
  it('of a few accounts are trusted for all of their time', async () => {
    const known = await open(256);
    expect(await known(ttlMs - 1)).toBe(256);
    expect(await known(ttlMs)).toBe(0);
  });

  it('of many are trusted for half of it at least, and come to be read anew a part at a time', async () => {
    const known = await open(1_000);
    expect(await known(ttlMs / 2)).toBe(1_000);
    let before = 1_000;
    for (let afterMs = ttlMs / 2; afterMs <= ttlMs; afterMs += 100) {
      const now = await known(afterMs);
      expect(before - now).toBeLessThanOrEqual(256);
      before = now;
    }
    expect(before).toBe(0);
  });
});
