import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createPostgresCatalog } from '../../src/adapters/postgres/catalog.ts';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import type { ReloadResult } from '../../src/ports/catalog-source.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { writeCatalog } from '../support/postgres-catalog.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { catalogSourceContract } from './catalog-source.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

catalogSourceContract('Postgres', async ({ env, parts }) => {
  const directory = mkdtempSync(join(tmpdir(), 'remora-catalog-'));
  const url = server.schemaUrl();
  const database = new PostgresDatabase({ url, clock: systemClock });
  await database.query('catalog-mark');
  const client = await server.client(url);
  await writeCatalog(client, parts);
  const silent = () => {};
  const reloads: [ReloadResult, number][] = [];
  const source = await createPostgresCatalog({
    ...{ database, env, directory, clock: systemClock, random: Math.random },
    snapshotPath: join(directory, 'catalog.json'),
    log: { info: silent, warn: silent, error: silent },
    onReload: (result, faults) => reloads.push([result, faults.length]),
  });
  return {
    source,
    reloads,
    put: (next) => writeCatalog(client, next),
    async close() {
      await source.close();
      await client.end();
      await database.close();
      rmSync(directory, { recursive: true });
    },
  };
});
