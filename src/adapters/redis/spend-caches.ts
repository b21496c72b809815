import type { QuotaCache } from '../../ports/quota-cache.ts';
import type { WindowCostCache } from '../../ports/window-cost-cache.ts';
import type { RunScript } from './calls.ts';
import type { Picture } from './picture/picture.ts';
import { costOf, decodeQuota, decodeWindow, encodeQuota, encodeWindow, useOf } from './picture/spend-text.ts';
import { listOf, numberOf, textsOf } from './reply.ts';

export interface SpendCachesOptions {
  readonly run: RunScript;
  readonly picture: Picture;
  readonly spendTtlMs: number;
}

interface Entry {
  readonly accountId: string;
  /** The field of the account's hash. */
  readonly field: 'w' | 'q';
  readonly text: string;
  readonly token: number;
}

/** Window costs and quotas as the prefetch reads and fills them; a reading's token is the account's count of bookings. */
export function createSpendCaches({ run, picture, spendTtlMs: ttlMs }: SpendCachesOptions): {
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
} {
  const read = (operation: 'window_costs' | 'quota', accountIds: readonly string[]) =>
    run({ operation, script: 'read-spend', args: accountIds }, (reply) =>
      listOf(reply).map((entry) => {
        const [window, quota, bookings] = textsOf(entry);
        return { window: decodeWindow(window!), quota: decodeQuota(quota!), token: Number(bookings) };
      }),
    );

  const fill = (operation: 'window_costs' | 'quota', entries: readonly Entry[], nowMs: number) => {
    const args = entries.flatMap(({ accountId, field, text, token }) => [accountId, field, text, token]);
    return run({ operation, script: 'fill-spend', args: [nowMs, ...args] }, (reply) => {
      const [stamp, put] = listOf(reply);
      for (const [index, isIn] of textsOf(put).entries()) {
        const { accountId, field, text } = entries[index]!;
        if (isIn === '1') picture.hear(accountId, { stamp: numberOf(stamp), fields: [field, text] });
      }
    });
  };

  return {
    windowCosts: {
      async read(keys, nowMs) {
        const ids = keys.map(({ accountId }) => accountId);
        const readings = await read('window_costs', ids);
        return readings.map(({ window, token }, index) => ({
          costUsd: costOf(window, { startMs: keys[index]!.windowStartMs, nowMs, ttlMs }),
          token,
        }));
      },
      async fill(entries, nowMs) {
        const texts = entries.map(({ accountId, windowStartMs, costUsd, token }) => {
          return { accountId, field: 'w', text: encodeWindow(windowStartMs, nowMs, costUsd), token } as const;
        });
        await fill('window_costs', texts, nowMs);
      },
    },
    quotas: {
      async read(accountIds, nowMs) {
        const readings = await read('quota', accountIds);
        return readings.map(({ quota, token }) => ({ use: useOf(quota, { nowMs, ttlMs }), token }));
      },
      async fill(entries, nowMs) {
        const texts = entries.map(({ accountId, use, token }) => {
          return { accountId, field: 'q', text: encodeQuota(use, nowMs), token } as const;
        });
        await fill('quota', texts, nowMs);
      },
    },
  };
}
