import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { usageEntry } from '../support/usage-entries.ts';
import { openSpoolRig, type SpoolRig, until } from './spool-rig.ts';

const nowMs = usageEntry().bookedAtMs;

describe('several spools in front of one Postgres', () => {
  let server: PostgresServer;
  let sidecars: SpoolRig[];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    const url = server.schemaUrl();
    sidecars = [0, 1, 2].map(() => openSpoolRig(url));
  });
  afterEach(() => Promise.all(sidecars.map((sidecar) => sidecar.close())));

  const drained = () => until(() => sidecars.every(({ ledger }) => ledger.spooled() === 0));

  it('count a lease once that was reported at each of them', async () => {
    const entry = usageEntry({ costUsd: 5 });
    const answers = await Promise.all(sidecars.map(({ ledger }) => ledger.book(entry)));
    // None of them can know of the others without asking, and an answer never waits for Postgres.
    expect(answers).toEqual(['booked', 'booked', 'booked']);
    await drained();
    for (const { ledger } of sidecars) {
      expect(await ledger.windowCost('account', 0)).toBe(5);
      expect((await ledger.quotaUse(['account'], nowMs)).get('account')?.totalUsd).toBe(5);
      expect(await ledger.book(entry)).toBe('duplicate');
    }
  });

  it('book for the same accounts, and many of the same leases, at the same time', async () => {
    const entries = Array.from({ length: 3_000 }, (_, index) =>
      usageEntry({ leaseId: `shared-${index}`, accountId: `account-${index % 7}`, costUsd: 0.01 }),
    );
    await Promise.all(
      sidecars.map(({ ledger }, place) => {
        // Each has two thirds of them, and in an order of its own.
        const own = entries.filter((_, index) => index % 3 !== place);
        if (place === 1) own.reverse();
        return Promise.all(own.map((entry) => ledger.book(entry)));
      }),
    );
    await drained();
    const ids = Array.from({ length: 7 }, (_, index) => `account-${index}`);
    for (const { ledger } of sidecars) {
      const costs = await ledger.windowCosts(ids, 0);
      expect([...costs.values()].reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(30, 9);
    }
  });

  it('show what a sidecar booked in every sum it reads, once, while it is sent on', async () => {
    const { ledger } = sidecars[0]!;
    await ledger.windowCost('account', 0);
    let booked = 0;
    let booking = true;
    const booker = (async () => {
      while (booking) {
        await Promise.all([ledger.book(usageEntry()), ledger.book(usageEntry()), ledger.book(usageEntry())]);
        booked += 3;
      }
    })();
    const wrong: string[] = [];
    for (let read = 0; read < 400; read += 1) {
      const before = booked;
      const [cost, quota] = await Promise.all([
        ledger.windowCost('account', 0),
        ledger.quotaUse(['account'], nowMs),
      ]);
      // The three that are being booked may be in the file before they are answered.
      for (const sum of [cost, quota.get('account')?.totalUsd ?? -1]) {
        if (sum < before || sum > booked + 3)
          wrong.push(`${sum} where ${before} to ${booked + 3} were booked`);
      }
    }
    booking = false;
    await booker;
    expect(wrong).toEqual([]);
    expect(booked).toBeGreaterThan(500);
    await drained();
    expect(await sidecars[1]!.ledger.windowCost('account', 0)).toBe(booked);
  });
});
