import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { ledgerContract } from './ledger.ts';

ledgerContract('SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
  const open = () => openSqliteLedger({ path: join(directory, 'ledger.db'), clock: systemClock });
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
