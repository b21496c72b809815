/*
 * Shows how Postgres answers the two questions a selection may have to wait for, and what a batch of bookings costs, over a month of
 * usage: node scripts/window-plan.ts [rows, default 10000000]. Starts a PostgreSQL of its own; ten million rows take two minutes.
 */
import { PostgresDatabase } from '../src/adapters/postgres/database.ts';
import { PostgresUsageStore } from '../src/adapters/postgres/usage-store.ts';
import { systemClock } from '../src/ports/clock.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { usageEntry } from '../test/support/usage-entries.ts';

const rows = Number(process.argv[2] ?? 10_000_000);
const accounts = 500;
const asked = Array.from({ length: 200 }, (_, index) => `account-${index}`);
const hourMs = 3_600_000;
const monthSeconds = 30 * 24 * 3_600;

const server = await startPostgres();
try {
  const url = server.schemaUrl();
  const database = new PostgresDatabase({ url, clock: systemClock });
  await database.query('catalog-mark');
  const client = await server.client(url);
  await client.query(
    `INSERT INTO usage SELECT 'lease-' || n, 'account-' || (n * 7919 % $1::bigint), 'group', 'model',
       now() - n * $2::float8 * interval '1 second', 1000, 200, 30, 4, (n % 100)::numeric / 100
     FROM generate_series(1::bigint, $3::bigint) AS n`,
    [accounts, monthSeconds / rows, rows],
  );
  await client.query(
    "INSERT INTO usage_days SELECT account_id, (booked_at AT TIME ZONE 'UTC')::date, sum(cost_usd) FROM usage GROUP BY 1, 2",
  );
  await client.query('VACUUM ANALYZE usage_default');
  await client.query('VACUUM ANALYZE usage_days');

  const nowMs = Date.now();
  const today = Math.floor(nowMs / (24 * hourMs));
  const questions: [string, unknown[]][] = [
    ['window-costs', [asked, nowMs - hourMs, 'spool']],
    ['window-costs', [asked, nowMs - 5 * hourMs, 'spool']],
    ['quota-use', [asked, today, today - 6, 'spool']],
  ];
  for (const [statement, values] of questions) {
    const explain = `EXPLAIN (ANALYZE, BUFFERS) ${database.text(statement)}`;
    // The first time reads from the disk what the second finds in memory.
    await client.query(explain, values);
    const plan = await client.query<{ 'QUERY PLAN': string }>(explain, values);
    console.log(`\n${statement} of ${asked.length} accounts`);
    for (const line of plan.rows) console.log(`  ${line['QUERY PLAN']}`);
  }

  console.log('\nbookings');
  const store = new PostgresUsageStore(database);
  for (const size of [1, 100, 500, 1_000, 2_000]) {
    const rounds = 20;
    const beganMs = performance.now();
    for (let round = 0; round < rounds; round += 1) {
      const entries = Array.from({ length: size }, (_, index) =>
        usageEntry({
          leaseId: `new-${size}-${round}-${index}`,
          accountId: `account-${index % 20}`,
          bookedAtMs: nowMs,
        }),
      );
      await store.append({ spoolId: 'spool', entries, upTo: round });
    }
    const ms = performance.now() - beganMs;
    const perSecond = Math.round((size * rounds * 1_000) / ms);
    console.log(`  ${size} a statement: ${(ms / rounds).toFixed(1)} ms each, ${perSecond} rows/s`);
  }
  await database.close();
} finally {
  await server.close();
}
