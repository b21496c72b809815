import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type CatalogRig, type CatalogRigOptions, openCatalogRig } from './postgres-catalog-rig.ts';
import { until } from './spool-rig.ts';

describe('a catalog whose Postgres is away', () => {
  let server: PostgresServer;
  let client: Client;
  let url: string;
  let directory: string;
  const rigs: CatalogRig[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.start();
    url = server.schemaUrl();
    directory = mkdtempSync(join(tmpdir(), 'remora-catalog-'));
  });
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
    rmSync(directory, { recursive: true });
  });

  async function open(options: Partial<CatalogRigOptions> = {}): Promise<CatalogRig> {
    const rig = await openCatalogRig({ url, directory, ...options });
    rigs.push(rig);
    return rig;
  }

  /** Has the database hold these accounts, once a sidecar has made its tables. */
  async function putAccounts(...ids: string[]): Promise<void> {
    client = await server.client(url);
    await client.query('DELETE FROM accounts');
    for (const id of ids)
      await client.query('INSERT INTO accounts (id, platform) VALUES ($1, $2)', [id, 'p']);
    await client.end();
  }

  it('stays the one last read, and takes in what changed once Postgres is back', async () => {
    const rig = await open();
    await putAccounts('a');
    rig.catalog.start();
    await until(() => rig.ids().length === 1);
    await server.stop();
    await until(() => 'note' in rig.catalog.health());
    expect(rig.ids()).toEqual(['a']);
    expect(rig.catalog.health()).toEqual({ ok: true, note: expect.stringContaining('the one last read') });
    expect(await rig.catalog.reload()).toBe('failure');
    await server.start();
    await putAccounts('b');
    await until(() => rig.ids().join() === 'b');
    expect(rig.catalog.health()).toEqual({ ok: true });
    expect(rig.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('starts from what was last read on its volume', async () => {
    const first = await open();
    await putAccounts('a', 'b');
    expect(await first.catalog.reload()).toBe('success');
    await first.close();
    await server.stop();
    const second = await open();
    expect(second.ids()).toEqual(['a', 'b']);
    expect(second.catalog.health()).toEqual({ ok: true, note: expect.stringContaining('Postgres is away') });
    expect(second.lines[0]).toBe('info started with the catalog last read on this volume');
    expect(statSync(second.snapshotPath).mode & 0o777).toBe(0o600);
  });

  it('is empty and not well where nothing was ever read, until Postgres is there', async () => {
    await server.stop();
    const rig = await open();
    rig.catalog.start();
    expect(rig.ids()).toEqual([]);
    expect(rig.catalog.health()).toEqual({
      ok: false,
      reason: expect.stringMatching(/^no valid catalog was read from Postgres yet: Postgres: .*ECONNREFUSED/),
    });
    await server.start();
    await until(() => rig.catalog.health().ok);
    await putAccounts('a');
    await until(() => rig.ids().length === 1);
  });

  it('does without a file on its volume that is damaged', async () => {
    writeFileSync(join(directory, 'catalog.json'), '{"groups": [');
    const rig = await open();
    expect(rig.lines[0]).toBe('warn the catalog kept on disk is of no use');
    expect(rig.catalog.health()).toEqual({ ok: true });
    expect(JSON.parse(readFileSync(rig.snapshotPath, 'utf8'))).toMatchObject({ accounts: [] });
  });
});
