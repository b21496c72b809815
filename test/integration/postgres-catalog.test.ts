import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manualClock } from '../support/manual-clock.ts';
import { writeCatalog } from '../support/postgres-catalog.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type CatalogRig, type CatalogRigOptions, openCatalogRig } from './postgres-catalog-rig.ts';
import { until } from './spool-rig.ts';

describe('a catalog in Postgres', () => {
  let server: PostgresServer;
  let client: Client;
  let url: string;
  const rigs: CatalogRig[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    url = server.schemaUrl();
    client = await server.client(url);
  });
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
    await client.end();
  });

  async function open(options: Partial<CatalogRigOptions> = {}): Promise<CatalogRig> {
    const rig = await openCatalogRig({ url, ...options });
    rigs.push(rig);
    return rig;
  }

  /** Resolves with the time it took until every sidecar has these accounts, in ms. */
  async function inForce(sidecars: readonly CatalogRig[], ids: readonly string[]): Promise<number> {
    const beganMs = performance.now();
    await until(() => sidecars.every((rig) => rig.ids().join() === ids.join()));
    return performance.now() - beganMs;
  }

  it('is in force in every sidecar within a second of an account added, changed, removed', async () => {
    const sidecars = [await open(), await open(), await open()];
    for (const { catalog } of sidecars) catalog.start();
    await until(() => sidecars.every((rig) => rig.userRateChanges() > 0));
    await client.query("INSERT INTO accounts (id, platform) VALUES ('a', 'p'), ('b', 'p')");
    expect(await inForce(sidecars, ['a', 'b'])).toBeLessThan(1_000);
    await client.query("UPDATE accounts SET id = 'c' WHERE id = 'b'");
    expect(await inForce(sidecars, ['a', 'c'])).toBeLessThan(1_000);
    await client.query("DELETE FROM accounts WHERE id = 'a'");
    expect(await inForce(sidecars, ['c'])).toBeLessThan(1_000);
    await client.query('TRUNCATE accounts CASCADE');
    expect(await inForce(sidecars, [])).toBeLessThan(1_000);
  });

  it('is read once for a script of many statements', async () => {
    const rig = await open();
    rig.catalog.start();
    await until(() => rig.userRateChanges() > 0);
    const before = rig.reloads.length;
    for (let index = 0; index < 40; index += 1) {
      await client.query('INSERT INTO accounts (id, platform) VALUES ($1, $2)', [`a${index}`, 'p']);
    }
    await until(() => rig.ids().length === 40);
    expect(rig.reloads.length - before).toBeLessThan(10);
  });

  it('is found to have changed at a poll where no notification comes', async () => {
    const clock = manualClock();
    const rig = await open({ clock });
    await client.query(`CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO catalog_changes (table_name) VALUES (TG_TABLE_NAME); RETURN NULL; END $$`);
    rig.catalog.start();
    await until(() => rig.reloads.length === 2 && clock.pending > 1);
    await client.query("INSERT INTO accounts (id, platform) VALUES ('a', 'p')");
    expect(rig.ids()).toEqual([]);
    clock.advance(5_000);
    await until(() => rig.ids().length === 1);
  });

  it('stays as it was where a row is not valid, and says which, in which table', async () => {
    const rig = await open();
    await writeCatalog(client, {
      groups: [{ id: 'g', model_routing: { m: ['nobody'] } }],
      accounts: [
        { id: 'good', platform: 'p' },
        { id: 'bad', platform: 'p', limits: { rpm: 'many', sesions: 1 }, base_url: 'nowhere' },
      ],
      models: [{ name: 'm', fallbacks: [7] }],
    });
    expect(await rig.catalog.reload()).toBe('failure');
    expect(rig.ids()).toEqual([]);
    expect(rig.lines.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringMatching(/^error table accounts, row "bad": base_url: is .*expected a URL/),
      expect.stringMatching(/^error table accounts, row "bad": limits\.rpm: is .*expected a whole number/),
      expect.stringMatching(
        /^error table accounts, row "bad": limits\.sesions: is not a known key.*sessions/,
      ),
      expect.stringMatching(/^error table models, row "m": fallbacks\[0\]: is 7/),
      expect.stringMatching(/^error table groups, row "g": model_routing\.m\[0\]: names account "nobody"/),
      'error the changed catalog in Postgres is not valid: the catalog stays as it was',
    ]);
    const told = rig.lines.length;
    expect(await rig.catalog.reload()).toBe('unchanged');
    expect(rig.lines).toHaveLength(told);
    expect(rig.catalog.health()).toMatchObject({ ok: true });
  });

  it('tells of changed rates of users, and only of its own schema', async () => {
    const rig = await open();
    const otherUrl = server.schemaUrl();
    const other = await open({ url: otherUrl });
    const otherClient = await server.client(otherUrl);
    rig.catalog.start();
    other.catalog.start();
    await until(() => rig.userRateChanges() === 1 && other.userRateChanges() === 1);
    await client.query("INSERT INTO groups (id) VALUES ('g')");
    await client.query("INSERT INTO user_rates VALUES ('g', 'u', 2)");
    await until(() => rig.userRateChanges() === 2);
    await otherClient.query("INSERT INTO groups (id) VALUES ('g')");
    await otherClient.query("INSERT INTO user_rates VALUES ('g', 'u', 3)");
    await until(() => other.userRateChanges() === 2);
    expect(rig.userRateChanges()).toBe(2);
  });
});
