import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import { PostgresUsageStore } from '../../src/adapters/postgres/usage-store.ts';
import { openSpooledLedger } from '../../src/adapters/sqlite/spooled-ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { ledgerContract } from './ledger.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

ledgerContract('SQLite spool in front of Postgres', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'remora-spool-'));
  const url = server.schemaUrl();
  const silent = () => {};
  const open = () =>
    openSpooledLedger({
      path: join(directory, 'spool.db'),
      target: new PostgresUsageStore(new PostgresDatabase({ url, clock: systemClock })),
      clock: systemClock,
      log: { info: silent, warn: silent, error: silent },
      random: Math.random,
    });
  const ledger = open();
  let latest = ledger;
  return {
    ledger,
    async reopen() {
      await latest.close();
      latest = open();
      return latest;
    },
    async close() {
      await latest.close();
      rmSync(directory, { recursive: true });
    },
  };
});
