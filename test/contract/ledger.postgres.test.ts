import { afterAll, beforeAll } from 'vitest';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import { PostgresLedger } from '../../src/adapters/postgres/ledger.ts';
import { PostgresUsageStore } from '../../src/adapters/postgres/usage-store.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { ledgerContract } from './ledger.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

ledgerContract('Postgres', async () => {
  const url = server.schemaUrl();
  const open = () =>
    new PostgresLedger(new PostgresUsageStore(new PostgresDatabase({ url, clock: systemClock })));
  const ledger = open();
  let latest = ledger;
  return {
    ledger,
    async reopen() {
      await latest.close();
      latest = open();
      return latest;
    },
    close: () => latest.close(),
  };
});
