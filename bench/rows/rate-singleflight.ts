import { type PostgresProcess, resetStatementCounts, statementCounts } from '../processes/postgres.ts';
import { groupName } from '../processes/sidecar-config.ts';
import { jobOf, oneAtATime } from './jobs.ts';
import { orFault } from './or-fault.ts';
import { readMetrics } from './read-metrics.ts';
import type { Row, RowContext } from './row.ts';

const prefix = 'remora_user_group_rate_cache';

/** Calls made at once, each of which needs the same rate. */
const callers = 1_000;

/** A group of 20 accounts and a user with a rate of his own, as the sidecar's tables hold them. */
const catalog = `
  INSERT INTO remora.groups (id, platform) VALUES ('${groupName(0)}', 'anthropic');
  INSERT INTO remora.accounts (id, platform, type, concurrency)
    SELECT 'account-' || n, 'anthropic', 'api_key', 10000 FROM generate_series(1, 20) AS n;
  INSERT INTO remora.memberships (account_id, group_id)
    SELECT 'account-' || n, '${groupName(0)}' FROM generate_series(1, 20) AS n;
  INSERT INTO remora.user_rates (group_id, user_id, multiplier) VALUES ('${groupName(0)}', 'user-00', 1.25)`;

export const rateSingleflight: Row = {
  name: 'rate_singleflight',
  what: '1,000 concurrent first look-ups of one rate: SQL statements',
  bar: { kind: 'at_most', value: 1, unit: '' },
  async run(context) {
    const postgres = await orFault(context.startPostgres());
    if (postgres instanceof Error)
      return { kind: 'unavailable', reason: `no Postgres could be started: ${postgres.message}` };
    const { load } = context;
    const server = await startWithCatalog(context, postgres);
    // Hot code, so that the thousand come in together; no user, so that no rate is looked up.
    const quiet = { groups: [groupName(0)], sessions: 0, users: 0, usage: false };
    await load.run(jobOf({ server, mix: quiet, until: { ms: 1_000 } }));
    await resetStatementCounts(postgres);
    await load.run(
      jobOf({
        server,
        ...oneAtATime,
        inFlight: callers,
        mix: { ...quiet, users: 1 },
        order: 'selections',
        until: { ms: 10_000, selections: callers },
      }),
    );
    const statements = await statementCounts(postgres);
    const metrics = await readMetrics(server.httpAddress);
    const of = (name: string) => metrics.get(`${prefix}_${name}_total`) ?? Number.NaN;
    const calls = [...statements].map(([text, count]) => (text.includes('user_rates') ? count : 0));
    const sent = calls.reduce((sum, count) => sum + count, 0);
    const parts = ['misses', 'singleflight_shared', 'hits', 'loads'];
    return {
      kind: 'measured',
      value: sent,
      // None at all would be a rate that nobody looked up.
      missed: sent === 0 || of('loads') !== sent ? `${sent} statements, ${of('loads')} loads` : undefined,
      details: [
        'statements on the table of rates by pg_stat_statements, of a PostgreSQL that holds the catalog',
        `${parts.map((name) => `${name} ${of(name)}`).join(', ')}, of ${callers} calls over one connection`,
      ],
    };
  },
};

/** The first start makes the tables; the next finds the catalog in them. */
async function startWithCatalog({ startSidecar }: RowContext, postgres: PostgresProcess) {
  const options = { databaseUrl: postgres.url, catalogInDatabase: true };
  await (await startSidecar(options)).stop();
  await postgres.query(catalog);
  return startSidecar(options);
}
