import type { QuotaCache } from '../../../ports/quota-cache.ts';
import type { WindowCostCache } from '../../../ports/window-cost-cache.ts';

/** Bookings fit below; a token tells by what is above which time of which store it is of. */
const tokensEach = 2 ** 32;

interface Either {
  /** Grows whenever the store in charge changes. */
  generation(): number;
  ask<T>(ask: (of: Caches) => Promise<T>): Promise<T>;
}

export interface Caches {
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
}

/** The caches of whichever store is in charge. A sum read under one is never put into the other. */
export function createSwitchedCaches({ generation, ask }: Either): Caches {
  const mark = <Reading extends { readonly token: number }>(
    readings: readonly Reading[],
  ): readonly Reading[] =>
    readings.map((reading) => ({ ...reading, token: generation() * tokensEach + reading.token }));
  const current = <Entry extends { readonly token: number }>(entries: readonly Entry[]): readonly Entry[] =>
    entries
      .filter(({ token }) => Math.floor(token / tokensEach) === generation())
      .map((entry) => ({ ...entry, token: entry.token % tokensEach }));
  return {
    windowCosts: {
      read: async (keys, nowMs) => mark(await ask(({ windowCosts }) => windowCosts.read(keys, nowMs))),
      fill: async (entries, nowMs) => {
        await ask(async ({ windowCosts }) => windowCosts.fill(current(entries), nowMs));
      },
    },
    quotas: {
      read: async (accountIds, nowMs) => mark(await ask(({ quotas }) => quotas.read(accountIds, nowMs))),
      fill: async (entries, nowMs) => {
        await ask(async ({ quotas }) => quotas.fill(current(entries), nowMs));
      },
    },
  };
}
