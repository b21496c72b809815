/**
 * A process of its own that books in a loop until it is killed, and prints a lease id once its booking is answered.
 * Arguments: the ledger's path, a prefix for the lease ids. Each costs 1 USD; five accounts take turns.
 */
import { writeSync } from 'node:fs';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { usageEntry } from './usage-entries.ts';

const [path = '', prefix = ''] = process.argv.slice(2);
const ledger = openSqliteLedger({ path, clock: systemClock });

for (let next = 0; ; next += 20) {
  const batch = Array.from({ length: 20 }, async (_, index) => {
    const leaseId = `${prefix}-${next + index}`;
    await ledger.book(usageEntry({ leaseId, accountId: `account-${index % 5}` }));
    // Not buffered in this process: what was written here is read by the other side, whenever this one dies.
    writeSync(1, `${leaseId}\n`);
  });
  await Promise.all(batch);
}
