import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import { createPostgresUserRates } from '../../src/adapters/postgres/user-rates.ts';
import { createUserRates } from '../../src/caching/user-rates.ts';
import { createWindowCosts } from '../../src/caching/window-costs.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { countStatements, type StatementCounts } from '../support/statement-counts.ts';
import { usageEntry } from '../support/usage-entries.ts';
import { openSpoolRig, type SpoolRig, until } from './spool-rig.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 14, 12);
const accountIds = Array.from({ length: 200 }, (_, index) => `account-${index}`);

describe('what reaches Postgres', () => {
  let server: PostgresServer;
  let client: Client;
  let counts: StatementCounts;
  let rig: SpoolRig;
  let database: PostgresDatabase;
  beforeAll(async () => {
    server = await startPostgres();
    const url = server.schemaUrl();
    rig = openSpoolRig(url);
    database = new PostgresDatabase({ url, clock: systemClock });
    await database.query('user-rate', ['nobody', 'none']);
    client = await server.client(url);
    counts = await countStatements(client);
  });
  afterAll(async () => {
    await database.close();
    await rig.close();
    await server.close();
  });
  beforeEach(() => counts.reset());

  const log = { warn: () => {} };
  const metrics = () => createMetrics({ processMetrics: false });

  it('is one statement for 1,000 first look-ups of a rate at once', async () => {
    await client.query("INSERT INTO groups (id, rate_multiplier) VALUES ('g', 1.2)");
    await client.query("INSERT INTO user_rates (group_id, user_id, multiplier) VALUES ('g', 'u', 1.7)");
    const rates = createUserRates({
      ...{ source: createPostgresUserRates(database), clock: systemClock, ttlMs: 30_000, log },
      metrics: metrics().userRates,
    });
    await counts.reset();
    const query = { userId: 'u', groupId: 'g', groupRate: 1.2 };
    const found = await Promise.all(Array.from({ length: 1_000 }, () => rates.rateOf(query)));
    expect(new Set(found)).toEqual(new Set([1.7]));
    expect(await counts.of('user_rates')).toBe(1);
    expect(await rates.rateOf({ ...query, userId: 'another' })).toBe(1.2);
  });

  it('is one statement a window start for 1,000 selections over 200 accounts at once', async () => {
    const entries = accountIds.map((accountId, index) => usageEntry({ accountId, costUsd: index }));
    await Promise.all(entries.map((entry) => rig.ledger.book({ ...entry, bookedAtMs: startMs })));
    await until(() => rig.ledger.spooled() === 0);
    const noCache = {
      read: async (keys: readonly unknown[]) => keys.map(() => ({ costUsd: undefined, token: 0 })),
    };
    const windowCosts = createWindowCosts({
      ...{ cache: { ...noCache, fill: async () => {} }, ledger: rig.ledger, clock: systemClock, log },
      metrics: metrics().windowCosts,
    });
    const needs = accountIds.map((accountId, index) => ({
      accountId,
      windowStartMs: startMs - (index % 2) * hourMs,
    }));
    await counts.reset();
    const found = await Promise.all(
      Array.from({ length: 1_000 }, () => windowCosts.prefetch(needs, startMs)),
    );
    expect(found.every((costs) => costs.get('account-7') === 7 && costs.size === 200)).toBe(true);
    expect(await counts.of('FROM unnest($1::text[]) AS asked')).toBe(2);
  });

  it('is one statement for a batch of bookings', async () => {
    await Promise.all(Array.from({ length: 400 }, () => rig.ledger.book(usageEntry())));
    await until(() => rig.ledger.spooled() === 0);
    expect(await counts.of('usage_leases')).toBe(1);
  });
});
