import { setTimeout } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LedgerError } from '../../src/ports/ledger.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { usageEntry } from '../support/usage-entries.ts';
import { openSpoolRig, type SpoolRig, until } from './spool-rig.ts';

describe('a spool whose Postgres goes away', () => {
  let server: PostgresServer;
  let url: string;
  let rig: SpoolRig;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.start();
    url = server.schemaUrl();
    rig = openSpoolRig(url);
    // The schema is made by now.
    await rig.ledger.windowCost('account', 0);
  });
  afterEach(() => rig.close());

  async function bookedInPostgres(): Promise<{ rows: number; usd: string; days: string; leases: number }> {
    const client = await server.client(url);
    const { rows } = await client.query(`
      SELECT (SELECT count(*)::int FROM usage) AS rows, (SELECT coalesce(sum(cost_usd), 0)::text FROM usage) AS usd,
        (SELECT coalesce(sum(cost_usd), 0)::text FROM usage_days) AS days, (SELECT count(*)::int FROM usage_leases) AS leases`);
    await client.end();
    return rows[0];
  }

  /** Books without a pause until told to stop; gives the number of answers, and the slowest of them in ms. */
  function bookContinuously() {
    let running = true;
    let answered = 0;
    let slowestMs = 0;
    const callers = Array.from({ length: 20 }, async (_, caller) => {
      while (running) {
        const beganMs = performance.now();
        await rig.ledger.book(usageEntry({ accountId: `account-${caller % 4}`, costUsd: 0.07 }));
        slowestMs = Math.max(slowestMs, performance.now() - beganMs);
        answered += 1;
        await setTimeout(2);
      }
    });
    return async () => {
      running = false;
      await Promise.all(callers);
      return { answered, slowestMs };
    };
  }

  it.each<['stopped' | 'killed', 'stop' | 'kill']>([
    ['stopped', 'stop'],
    ['killed', 'kill'],
  ])(
    'fails no booking while it is %s under load, and books each once, to the cent, after its return',
    { timeout: 60_000 },
    async (_, how) => {
      const stopBooking = bookContinuously();
      await until(async () => (await bookedInPostgres()).rows > 100);
      await server[how]();
      await setTimeout(3_000);
      const spooledWhileAway = rig.ledger.spooled();
      expect(spooledWhileAway).toBeGreaterThan(100);
      expect(rig.ledger.health()).toEqual({ ok: true, note: expect.stringContaining('wait in the spool') });
      await server.start();
      await setTimeout(1_000);
      const { answered, slowestMs } = await stopBooking();
      await until(() => rig.ledger.spooled() === 0);
      const cents = answered * 7;
      const usd = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
      expect(await bookedInPostgres()).toEqual({ rows: answered, usd, days: usd, leases: answered });
      expect(slowestMs).toBeLessThan(1_000);
      expect(rig.ledger.health()).toEqual({ ok: true });
      expect(rig.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
      expect(rig.lines.at(-1)).toMatch(/^info the shared ledger is back/);
    },
  );

  it('holds what is booked where Postgres was never there, and sends it at the next start', async () => {
    await rig.close();
    await server.stop();
    rig = openSpoolRig(server.schemaUrl());
    await Promise.all(Array.from({ length: 50 }, () => rig.ledger.book(usageEntry({ costUsd: 2 }))));
    expect(rig.ledger.spooled()).toBe(50);
    const reopened = await rig.reopen();
    expect(reopened.spooled()).toBe(50);
    await server.start();
    await until(() => reopened.spooled() === 0);
    expect(await reopened.windowCost('account', 0)).toBe(100);
  });

  it('goes on from the last sums, with what it books itself on top, and rejects what it never read', async () => {
    const nowMs = usageEntry().bookedAtMs;
    await rig.ledger.book(usageEntry({ costUsd: 10 }));
    await until(() => rig.ledger.spooled() === 0);
    expect(await rig.ledger.windowCost('account', 0)).toBe(10);
    await rig.ledger.quotaUse(['account'], nowMs);
    await server.stop();
    await rig.ledger.book(usageEntry({ costUsd: 3 }));
    expect(await rig.ledger.windowCost('account', 0)).toBe(13);
    expect(await rig.ledger.quotaUse(['account'], nowMs)).toEqual(
      new Map([['account', { dailyUsd: 13, weeklyUsd: 13, totalUsd: 13 }]]),
    );
    await expect(rig.ledger.windowCosts(['account', 'another'], 0)).rejects.toThrow(LedgerError);
    await expect(rig.ledger.windowCost('account', 1)).rejects.toThrow(LedgerError);
    await expect(rig.ledger.quotaUse(['account'], nowMs + 86_400_000)).rejects.toThrow(LedgerError);
  });

  it('sends again what Postgres lost after it had confirmed it', async () => {
    const client: Client = await server.client(url);
    await Promise.all(Array.from({ length: 30 }, () => rig.ledger.book(usageEntry({ costUsd: 2 }))));
    await until(() => rig.ledger.spooled() === 0);
    // As a failover to a replica that had not seen the last transactions.
    await client.query('TRUNCATE usage, usage_leases, usage_days, spools');
    expect(await rig.ledger.windowCost('account', 0)).toBe(60);
    await until(async () => (await bookedInPostgres()).rows === 30);
    expect(await rig.ledger.windowCost('account', 0)).toBe(60);
  });
});
