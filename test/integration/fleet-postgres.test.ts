import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseOf, report, select } from '../support/calls.ts';
import { createFleet, type FleetMember } from '../support/fleet.ts';
import { writeCatalog } from '../support/postgres-catalog.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { countStatements } from '../support/statement-counts.ts';
import { startTraffic } from '../support/traffic.ts';

const hourMs = 3_600_000;

describe('a fleet over one Redis and one Postgres', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let databaseUrl: string;
  let database: Client;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedisServer(), startPostgres()]);
  });
  afterAll(() => Promise.all([redis.close(), postgres.close()]));
  beforeEach(() => {
    databaseUrl = postgres.schemaUrl();
  });

  /** Starts sidecars on a catalog in Postgres, and waits until each has it. */
  async function start(count: number, catalog: Parameters<typeof writeCatalog>[1]): Promise<FleetMember[]> {
    const config = { catalog: { source: 'postgres' } };
    const members = await createFleet({ redisUrl: redis.url, databaseUrl, config }).start(count);
    database = await postgres.client(databaseUrl);
    await writeCatalog(database, catalog);
    await allHave(members, 5_000, 'remora_catalog_accounts', catalog.accounts?.length ?? 0);
    return members;
  }
  const allHave = (members: readonly FleetMember[], ms: number, series: string, value: number) =>
    vi.waitUntil(
      async () => (await Promise.all(members.map((each) => each.metric(series)))).every((v) => v === value),
      { timeout: ms, interval: 10 },
    );
  const idsAt = async ({ admin }: FleetMember) =>
    (await admin.listAccounts({})).accounts.map(({ account }) => `${account?.id} ${account?.priority}`);

  it('has an account added, changed, removed in force at each sidecar within a second, and drops no call', async () => {
    const a = { ...apiKey('a'), priority: 50 };
    const members = await start(3, groupOf([a]));
    // Calls all the time, but not all of a small machine's time: what is looked at is the second that follows a change.
    const traffic = startTraffic({ members, callersEach: 4, holdMs: 25 });
    await traffic.more(100);
    const inForce = (expected: readonly string[]) =>
      vi.waitUntil(
        async () =>
          (await Promise.all(members.map(idsAt))).every((ids) => ids.sort().join() === expected.join()),
        { timeout: 1_000, interval: 20 },
      );
    await database.query(
      "WITH added AS (INSERT INTO accounts (id, platform, type) VALUES ('b', 'anthropic', 'api_key') RETURNING id)" +
        " INSERT INTO memberships (account_id, group_id) SELECT id, 'g' FROM added",
    );
    await inForce(['a 50', 'b 50']);
    await database.query("UPDATE accounts SET priority = 10 WHERE id = 'b'");
    await inForce(['a 50', 'b 10']);
    await vi.waitUntil(async () => {
      const chosen = await Promise.all(members.map((member) => select(member)));
      await Promise.all(chosen.map((selection, index) => report(members[index]!, selection)));
      return chosen.every(({ account }) => account?.id === 'b');
    });
    // Leases of b are out at each of them, and are reported after it is gone.
    await database.query("DELETE FROM accounts WHERE id = 'b'");
    await inForce(['a 50']);
    await traffic.more(100);
    await traffic.stop();
  });

  it('books every answered report once, to the cent, with Postgres killed and back, and a sidecar killed', {
    timeout: 40_000,
  }, async () => {
    const fleet = createFleet({ redisUrl: redis.url, databaseUrl, config: groupOf([apiKey('a')]) });
    const members = await fleet.start(3);
    const [doomed, ...others] = members as [FleetMember, FleetMember, FleetMember];
    const traffic = startTraffic({ members: others, callersEach: 8, costUsd: 0.01 });
    const reported: string[] = [];
    const sent: string[] = [];
    const until = async (count: number) =>
      vi.waitUntil(() => traffic.answered() > count, { timeout: 10_000 });
    await until(100);
    await postgres.kill();
    const dying = (async () => {
      for (;;) {
        const leaseId = leaseOf(await select(doomed));
        sent.push(leaseId);
        await report(doomed, leaseId, { usage: { inputTokens: 1n, standardCost: 0.01 } });
        reported.push(leaseId);
      }
    })();
    dying.catch(() => undefined);
    await vi.waitUntil(() => reported.length > 200, { timeout: 10_000 });
    await doomed.kill();
    await expect(dying).rejects.toThrow();
    await until(1_000);
    for (const member of others) expect(await member.readiness()).toMatchObject({ ready: true });
    const back = await fleet.restart(doomed);
    await postgres.start();
    await until(traffic.answered() + 200);
    await traffic.stop();
    await allHave([back, ...others], 10_000, 'remora_ledger_spooled', 0);
    const client = await postgres.client(databaseUrl);
    const { rows } = await client.query<{ lease_id: string; cents: number }>(
      'SELECT lease_id, round(cost_usd * 100)::int AS cents FROM usage',
    );
    const booked = new Set(rows.map(({ lease_id }) => lease_id));
    expect(reported.filter((leaseId) => !booked.has(leaseId))).toEqual([]);
    // What the killed one had written and could not answer any more: at most the one report that was under way.
    const unanswered = sent.filter((leaseId) => booked.has(leaseId)).length - reported.length;
    expect(unanswered).toBeLessThanOrEqual(1);
    expect(rows.reduce((sum, { cents }) => sum + cents, 0)).toBe(
      traffic.answered() + reported.length + unanswered,
    );
    expect(rows).toHaveLength(booked.size);
  });

  it('sends one statement for 1,000 first look-ups of a rate at once', async () => {
    const [member] = await start(1, {
      groups: [{ id: 'g', rate_multiplier: 1.2, user_rates: { u: 1.7 } }],
      accounts: [apiKey('a')],
    });
    const counts = await countStatements(database);
    await counts.reset();
    const found = await Promise.all(Array.from({ length: 1_000 }, () => select(member!, { userId: 'u' })));
    expect(new Set(found.map(({ rateMultiplier }) => rateMultiplier))).toEqual(new Set([1.7]));
    expect(await counts.of('user_rates')).toBe(1);
  });

  it('sends one statement a window start for 1,000 selections over 200 subscriptions at once', async () => {
    const windowed = Array.from({ length: 100 }, (_, index) => `windowed-${index}`);
    const hourly = Array.from({ length: 100 }, (_, index) => `hourly-${index}`);
    const limits = { window_cost: 100 };
    const [member] = await start(1, {
      groups: [{ id: 'g' }, { id: 'some' }],
      accounts: [
        ...windowed.map((id) => subscription(id, { groups: ['g', 'some'], limits })),
        ...hourly.map((id) => subscription(id, { limits })),
      ],
    });
    // Half of them learn of a window of their provider's, and so have another start than the hour's.
    const reset = String(Math.floor((Date.now() + 2 * hourMs) / 1_000));
    for (const _ of windowed) {
      const selection = await select(member!, { groupId: 'some' });
      await report(member!, selection, {
        responseHeaders: { 'anthropic-ratelimit-unified-5h-reset': reset },
      });
    }
    const counts = await countStatements(database);
    await counts.reset();
    await Promise.all(Array.from({ length: 1_000 }, () => select(member!)));
    expect(await counts.of('FROM unnest($1::text[]) AS asked')).toBe(2);
  });
});
