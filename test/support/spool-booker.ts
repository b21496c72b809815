/**
 * A process of its own that books into a spool in a loop until it is killed, and prints a lease id once its booking is answered.
 * Arguments: the spool's path, the URL of Postgres, a prefix for the lease ids. Each costs 1.25 USD; five accounts take turns.
 */
import { writeSync } from 'node:fs';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import { PostgresUsageStore } from '../../src/adapters/postgres/usage-store.ts';
import { openSpooledLedger } from '../../src/adapters/sqlite/spooled-ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { usageEntry } from './usage-entries.ts';

const [path = '', url = '', prefix = ''] = process.argv.slice(2);
const silent = () => {};
const ledger = openSpooledLedger({
  path,
  target: new PostgresUsageStore(new PostgresDatabase({ url, clock: systemClock })),
  clock: systemClock,
  log: { info: silent, warn: silent, error: silent },
  random: Math.random,
});

for (let next = 0; ; next += 20) {
  const batch = Array.from({ length: 20 }, async (_, index) => {
    const leaseId = `${prefix}-${next + index}`;
    await ledger.book(usageEntry({ leaseId, accountId: `account-${index % 5}`, costUsd: 1.25 }));
    // Not buffered in this process: what was written here is read by the other side, whenever this one dies.
    writeSync(1, `${leaseId}\n`);
  });
  await Promise.all(batch);
  // A turn of the event loop for what is sent on.
  await new Promise((resolve) => setImmediate(resolve));
}
