import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, LedgerError, type UsageEntry } from '../../src/ports/ledger.ts';
import { usageEntry } from '../support/usage-entries.ts';
import { ledgerQuotaContract } from './ledger-quota.ts';

/** An empty ledger of one adapter, and the means to let go of it. */
export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** Closes what `ledger` was and opens the same store anew. */
  reopen(): Promise<Ledger>;
  /** Closes the ledger last opened and removes its store. */
  close(): Promise<void>;
}

/** What every Ledger does, whatever store is behind it. Each test starts from an empty ledger. */
export function ledgerContract(name: string, create: () => Promise<LedgerUnderTest>): void {
  describe(`ledger contract: ${name}`, () => {
    let underTest: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(async () => {
      underTest = await create();
      ledger = underTest.ledger;
    });
    afterEach(() => underTest.close());

    const bookAll = (entries: readonly UsageEntry[]) =>
      Promise.all(entries.map((entry) => ledger.book(entry)));
    const quotaOf = async (accountId: string, nowMs: number) =>
      (await ledger.quotaUse([accountId], nowMs)).get(accountId);

    describe('booking', () => {
      it('books a lease once and calls every later booking of it a duplicate', async () => {
        const entry = usageEntry({ costUsd: 2 });
        expect(await ledger.book(entry)).toBe('booked');
        expect(await ledger.book(entry)).toBe('duplicate');
        expect(await ledger.book({ ...entry, accountId: 'another', costUsd: 9 })).toBe('duplicate');
        expect(await ledger.windowCost('account', 0)).toBe(2);
        expect(await ledger.windowCost('another', 0)).toBe(0);
      });

      it('books one of 100 concurrent bookings of one lease', async () => {
        const entry = usageEntry({ costUsd: 2 });
        const results = await bookAll(Array.from({ length: 100 }, () => entry));
        expect(results.filter((result) => result === 'booked')).toHaveLength(1);
        expect(await ledger.windowCost('account', 0)).toBe(2);
        expect(await quotaOf('account', entry.bookedAtMs)).toEqual({
          dailyUsd: 2,
          weeklyUsd: 2,
          totalUsd: 2,
        });
      });

      it('answers each of many concurrent bookings for itself', async () => {
        const known = usageEntry({ leaseId: 'known' });
        await ledger.book(known);
        const twice = usageEntry({ leaseId: 'twice' });
        const results = await bookAll([usageEntry(), known, twice, usageEntry(), twice]);
        expect(results).toEqual(['booked', 'duplicate', 'booked', 'booked', 'duplicate']);
        expect(await ledger.windowCost('account', 0)).toBe(4);
      });

      it('books thousands at once', async () => {
        const results = await bookAll(Array.from({ length: 3_000 }, () => usageEntry()));
        expect(new Set(results)).toEqual(new Set(['booked']));
        expect(await ledger.windowCost('account', 0)).toBe(3_000);
      });

      it('takes empty group and model, no tokens and no cost', async () => {
        const nothing = {
          inputTokens: 0,
          outputTokens: 0,
          cacheReadTokens: 0,
          cacheCreationTokens: 0,
          costUsd: 0,
        };
        expect(await ledger.book(usageEntry({ groupId: '', model: '', ...nothing }))).toBe('booked');
        expect(await ledger.windowCost('account', 0)).toBe(0);
      });

      it('takes token counts up to the largest safe integer', async () => {
        const most = Number.MAX_SAFE_INTEGER;
        const tokens = {
          inputTokens: most,
          outputTokens: most,
          cacheReadTokens: most,
          cacheCreationTokens: most,
        };
        expect(await bookAll([usageEntry(tokens), usageEntry(tokens)])).toEqual(['booked', 'booked']);
        expect(await ledger.windowCost('account', 0)).toBe(2);
      });

      it.each<[string, Partial<UsageEntry>]>([
        ['a cost that is no number', { costUsd: Number.NaN }],
        ['an infinite cost', { costUsd: Number.POSITIVE_INFINITY }],
        ['a negative cost', { costUsd: -0.01 }],
        ['half a token', { inputTokens: 0.5 }],
        ['negative tokens', { outputTokens: -1 }],
        ['more tokens than can be counted', { cacheReadTokens: 2 ** 53 }],
        ['a time that is no number', { bookedAtMs: Number.NaN }],
        ['no lease', { leaseId: '' }],
        ['no account', { accountId: '' }],
      ])('rejects %s and books what came with it', async (_, fault) => {
        const results = await Promise.allSettled([
          ledger.book(usageEntry()),
          ledger.book(usageEntry(fault)),
          ledger.book(usageEntry()),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(results[1]).toHaveProperty('reason', expect.any(LedgerError));
        expect(await ledger.windowCost('account', 0)).toBe(2);
        expect(ledger.health()).toEqual({ ok: true });
      });
    });

    describe('window costs', () => {
      it('count from the start itself, by the times given and no clock', async () => {
        const pastMs = Date.UTC(1999, 11, 31, 23, 59, 59, 999);
        const farMs = Date.UTC(2199, 0, 1);
        await bookAll([
          usageEntry({ bookedAtMs: pastMs - 1, costUsd: 1 }),
          usageEntry({ bookedAtMs: pastMs, costUsd: 2 }),
          usageEntry({ bookedAtMs: pastMs + 1, costUsd: 4 }),
          usageEntry({ bookedAtMs: farMs, costUsd: 8 }),
        ]);
        const sums = [];
        for (const sinceMs of [0, pastMs - 1, pastMs, pastMs + 1, pastMs + 2, farMs, farMs + 1]) {
          sums.push(await ledger.windowCost('account', sinceMs));
        }
        expect(sums).toEqual([15, 15, 14, 12, 8, 8, 0]);
      });

      it('are 0 for accounts that booked nothing', async () => {
        expect(await ledger.windowCost('nobody', 0)).toBe(0);
        expect(await ledger.windowCosts(['nobody', 'none'], 0)).toEqual(
          new Map(Object.entries({ nobody: 0, none: 0 })),
        );
        expect(await ledger.windowCosts([], 0)).toEqual(new Map());
      });

      it('are summed for a thousand accounts at once, each its own', async () => {
        const ids = Array.from({ length: 1_000 }, (_, index) => `account-${index}`);
        await bookAll(ids.map((accountId, index) => usageEntry({ accountId, costUsd: index })));
        const expected = new Map(ids.map((id, index) => [id, index] as const));
        expect(await ledger.windowCosts([...ids, 'nobody'], 0)).toEqual(expected.set('nobody', 0));
      });

      it('take an account named twice as one', async () => {
        await ledger.book(usageEntry());
        expect(await ledger.windowCosts(['account', 'account'], 0)).toEqual(new Map([['account', 1]]));
      });

      it('add fractions of a cent without losing any', async () => {
        await bookAll(Array.from({ length: 1_000 }, () => usageEntry({ costUsd: 0.000_001 })));
        await ledger.book(usageEntry({ costUsd: 0.1 }));
        expect(await ledger.windowCost('account', 0)).toBeCloseTo(0.101, 12);
        expect((await quotaOf('account', usageEntry().bookedAtMs))?.totalUsd).toBeCloseTo(0.101, 12);
      });
    });

    describe('ids', () => {
      it.each([
        ['quotes', `it's "quoted" \`so\``],
        ['SQL', `x'); DROP TABLE usage; --`],
        ['JSON', `["account"]`],
        ['wildcards', '%_*?'],
        ['digits', '0012'],
        ['spaces', '  account '],
        ['other scripts', 'счёт-アカウント-🐟'],
        ['an accent on its own', 'e\u0301'],
        ['backslashes and line ends', 'a\\b\r\nc\t'],
        ['256 bytes', 'x'.repeat(256)],
        ['a name every object has', '__proto__'],
      ])('may hold %s', async (_, id) => {
        const entry = usageEntry({ leaseId: id, accountId: id, groupId: id, model: id, costUsd: 3 });
        expect(await bookAll([entry, usageEntry(), entry])).toEqual(['booked', 'booked', 'duplicate']);
        expect(await ledger.windowCost(id, 0)).toBe(3);
        expect(await ledger.windowCosts([id, 'account'], 0)).toEqual(new Map().set(id, 3).set('account', 1));
        expect((await ledger.quotaUse([id], 0)).get(id)?.totalUsd).toBe(3);
      });

      it('differ by case, by spaces and by how an accent is written', async () => {
        const ids = ['a', 'A', 'a ', ' a', 'e\u0301', '\u00e9'];
        await bookAll(ids.map((id, index) => usageEntry({ leaseId: id, accountId: id, costUsd: index + 1 })));
        expect([...(await ledger.windowCosts(ids, 0)).values()]).toEqual([1, 2, 3, 4, 5, 6]);
      });
    });

    ledgerQuotaContract(() => ledger);

    describe('closing', () => {
      it('keeps everything for the next opening', async () => {
        const entry = usageEntry({ costUsd: 2.5 });
        await ledger.book(entry);
        const reopened = await underTest.reopen();
        expect(await reopened.windowCost('account', 0)).toBe(2.5);
        const use = await reopened.quotaUse(['account'], entry.bookedAtMs);
        expect(use.get('account')).toEqual({ dailyUsd: 2.5, weeklyUsd: 2.5, totalUsd: 2.5 });
        expect(await reopened.book(entry)).toBe('duplicate');
        expect(await reopened.book(usageEntry())).toBe('booked');
      });

      it('writes the bookings it finds pending', async () => {
        const pending = Array.from({ length: 1_500 }, () => ledger.book(usageEntry()));
        await ledger.close();
        expect(new Set(await Promise.all(pending))).toEqual(new Set(['booked']));
        expect(await (await underTest.reopen()).windowCost('account', 0)).toBe(1_500);
      });

      it('lets nothing through afterwards, and may be done twice', async () => {
        expect(ledger.health()).toEqual({ ok: true });
        await ledger.close();
        await ledger.close();
        await expect(ledger.book(usageEntry())).rejects.toThrow(LedgerError);
        await expect(ledger.windowCost('account', 0)).rejects.toThrow(LedgerError);
        await expect(ledger.windowCosts(['account'], 0)).rejects.toThrow(LedgerError);
        await expect(ledger.quotaUse(['account'], 0)).rejects.toThrow(LedgerError);
        expect(ledger.health()).toMatchObject({ ok: false });
      });
    });
  });
}
