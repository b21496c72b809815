import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';

describe('the schema in Postgres', () => {
  let server: PostgresServer;
  let client: Client;
  let url: string;
  let schema: string;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    url = server.schemaUrl();
    schema = new URL(url).searchParams.get('schema') ?? '';
    client = await server.client(url);
  });

  /** Has as many sidecars use the database at once, and tells how each fared. */
  async function useAtOnce(sidecars: number, databaseUrl = url) {
    const databases = Array.from(
      { length: sidecars },
      () => new PostgresDatabase({ url: databaseUrl, clock: systemClock }),
    );
    const uses = await Promise.allSettled(databases.map((database) => database.query('catalog-mark')));
    await Promise.all(databases.map((database) => database.close()));
    return uses.map((use) => (use.status === 'fulfilled' ? 'served' : String(use.reason)));
  }

  const migrationsRun = async () =>
    (await client.query('SELECT version, name FROM migrations ORDER BY version')).rows;

  it('is made once by ten sidecars that start at once', async () => {
    expect(new Set(await useAtOnce(10))).toEqual(new Set(['served']));
    expect(await migrationsRun()).toEqual([
      { version: 1, name: '001-usage.sql' },
      { version: 2, name: '002-catalog.sql' },
    ]);
  });

  it('is gone on with from where it was', async () => {
    await useAtOnce(1);
    await client.query(
      `DROP TABLE memberships, user_rates, accounts, groups, models, prices, catalog_changes`,
    );
    await client.query('DROP FUNCTION note_change, is_credential, are_credentials');
    await client.query('DELETE FROM migrations WHERE version = 2');
    await client.query("INSERT INTO usage_leases VALUES ('kept', now())");
    expect(new Set(await useAtOnce(5))).toEqual(new Set(['served']));
    expect(await migrationsRun()).toHaveLength(2);
    expect((await client.query('SELECT lease_id FROM usage_leases')).rows).toEqual([{ lease_id: 'kept' }]);
  });

  it('is left alone where a newer version made it, and used', async () => {
    await useAtOnce(1);
    await client.query("INSERT INTO migrations VALUES (99, '099-later.sql', now())");
    await client.query('ALTER TABLE accounts ADD COLUMN later text');
    expect(await useAtOnce(1)).toEqual(['served']);
  });

  it('needs no right to create once it is there', async () => {
    await useAtOnce(1);
    const role = `reader_${schema}`;
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
    const limited = new URL(url);
    limited.username = role;
    limited.password = 'reader';
    expect(await useAtOnce(1, limited.href)).toEqual(['served']);
  });

  it('says what is missing where it may not be made, or there is no such database or password', async () => {
    const role = `nobody_${schema}`;
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'nobody'`);
    const limited = new URL(url);
    limited.username = role;
    limited.password = 'nobody';
    expect(await useAtOnce(1, limited.href)).toEqual([
      expect.stringMatching(/Postgres: permission denied .*grant the user CREATE on the database/),
    ]);
    limited.password = 'wrong';
    expect(await useAtOnce(1, limited.href)).toEqual([
      expect.stringMatching(/check the password in ledger\.database_url/),
    ]);
    const elsewhere = new URL(url);
    elsewhere.pathname = '/nowhere';
    expect(await useAtOnce(1, elsewhere.href)).toEqual([
      expect.stringMatching(/create the database, or name another/),
    ]);
  });

  it('takes partitions of usage ahead of time', async () => {
    await useAtOnce(1);
    await client.query(
      "CREATE TABLE usage_2031_01 PARTITION OF usage FOR VALUES FROM ('2031-01-01Z') TO ('2031-02-01Z')",
    );
    await client.query(
      "INSERT INTO usage VALUES ('l', 'a', 'g', 'm', '2031-01-15Z', 0, 0, 0, 0, 1), ('k', 'a', 'g', 'm', now(), 0, 0, 0, 0, 1)",
    );
    const { rows } = await client.query(
      'SELECT tableoid::regclass::text AS part, lease_id FROM usage ORDER BY 1',
    );
    expect(rows).toEqual([
      { part: 'usage_2031_01', lease_id: 'l' },
      { part: 'usage_default', lease_id: 'k' },
    ]);
  });
});
