import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { type Selection, Sticky } from '../../gen/remora/v1/selection_pb.ts';
import { costing, failedWith, refusalOf, report, select, selectId } from '../support/calls.ts';
import { createFleet, type Fleet, type FleetMember } from '../support/fleet.ts';
import { writeCatalog } from '../support/postgres-catalog.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { apiKey, subscription } from '../support/sidecar-config.ts';

type Members = [FleetMember, FleetMember, FleetMember];

/** A selection and the sidecar that made it. */
interface Granted {
  readonly member: FleetMember;
  readonly selection: Selection;
}

const { selectAccount } = RouterService.method;

/** Each cell of the table "What holds when a server is away" in the README has its test here, by its name. */
describe('what holds', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let databaseUrl: string;
  let fleet: Fleet;
  let members: Members;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([
      startRedisServer(['--appendonly', 'yes', '--appendfsync', 'always']),
      startPostgres(),
    ]);
  });
  afterAll(() => Promise.all([redis.close(), postgres.close()]));
  beforeEach(async () => {
    databaseUrl = postgres.schemaUrl();
    const config = { catalog: { source: 'postgres' } };
    fleet = createFleet({ redisUrl: redis.url, databaseUrl, config });
    members = (await fleet.start(3)) as Members;
    await inDatabase((client) =>
      writeCatalog(client, {
        groups: [{ id: 'g', user_rates: { u: 1.7 } }, { id: 'spent' }, { id: 'narrow' }],
        accounts: [
          ...['a', 'b'].map((id) => apiKey(id, { concurrency: 6 })),
          apiKey('narrow', { concurrency: 1, groups: ['narrow'] }),
          subscription('spent', {
            groups: ['spent'],
            limits: { window_cost: 1, window_cost_sticky_reserve: 0 },
          }),
        ],
      }),
    );
    await allHave(5_000, 'remora_catalog_accounts', 4);
  });
  afterEach(async () => {
    await Promise.all([redis.restart(), postgres.start()]);
  });

  async function inDatabase<T>(use: (client: Awaited<ReturnType<PostgresServer['client']>>) => Promise<T>) {
    const client = await postgres.client(databaseUrl);
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
  const allHave = (ms: number, series: string, value: number, those: readonly FleetMember[] = members) =>
    vi.waitUntil(
      async () => (await Promise.all(those.map((each) => each.metric(series)))).every((v) => v === value),
      { timeout: ms, interval: 20 },
    );
  /** Asks at each sidecar at once; what those that got an account got, and where. */
  async function askAll(timesEach: number, groupId = 'g'): Promise<Granted[]> {
    const asks = members.flatMap((member) =>
      Array.from({ length: timesEach }, async () => ({
        member,
        answer: await member.grpc.unary(selectAccount, { groupId }),
      })),
    );
    return (await Promise.all(asks)).flatMap(({ member, answer: { outcome } }) =>
      outcome.case === 'selection' ? [{ member, selection: outcome.value }] : [],
    );
  }
  const reportAll = (granted: readonly Granted[], at: (granted: Granted) => FleetMember) =>
    Promise.all(granted.map((each) => report(at(each), each.selection, costing(0.25))));
  const booked = () =>
    inDatabase(async (client) => {
      const { rows } = await client.query(
        'SELECT count(*)::int AS leases, sum(cost_usd)::float8 AS usd FROM usage',
      );
      return rows[0];
    });
  const drained = (those: readonly FleetMember[] = members) =>
    allHave(10_000, 'remora_ledger_spooled', 0, those);
  const bookedElsewhere = (accountId: string, usd: number) =>
    inDatabase((client) =>
      client.query("INSERT INTO usage VALUES ('elsewhere', $1, 'spent', 'm', now(), 0, 0, 0, 0, $2)", [
        accountId,
        usd,
      ]),
    );
  async function killRedis(): Promise<void> {
    // With its second exchange from now each knows of the others.
    const exchanges = 'remora_state_store_round_trip_seconds_count{operation="figures"}';
    await Promise.all(
      members.map(async (member) => {
        const before = await member.metric(exchanges);
        await vi.waitUntil(async () => (await member.metric(exchanges)) >= before + 2, { timeout: 5_000 });
      }),
    );
    await redis.signal('SIGKILL');
    await allHave(2_000, 'remora_degraded', 1);
  }

  it('Redis up, Postgres up: limits, sessions, cooldowns and catalog are one; a pod that dies loses nothing', async () => {
    const [first, second, third] = members;
    const taken = await askAll(20);
    expect(taken).toHaveLength(12);
    await reportAll(taken, ({ member }) => members[(members.indexOf(member) + 1) % 3]!);
    await allHave(2_000, 'remora_leases_active', 0);
    const bound = await select(first, { sessionId: 's', model: 'm' });
    const kept = await select(second, { sessionId: 's', model: 'm' });
    expect(kept).toMatchObject({ sticky: Sticky.KEPT, account: { id: bound.account!.id } });
    await report(third, bound, failedWith(401));
    const moved = await select(first, { sessionId: 's', model: 'm' });
    expect(moved.account!.id).not.toBe(bound.account!.id);
    await bookedElsewhere('spent', 5);
    expect((await refusalOf(select(first, { groupId: 'spent' }))).code).toBe('RESOURCE_EXHAUSTED');

    await report(first, kept, costing(0.25));
    await first.kill();
    expect((await report(second, moved, costing(0.25))).duplicate).toBe(false);
    const back = await fleet.restart(first);
    await drained([back, second, third]);
    expect(await booked()).toEqual({ leases: 12 + 2 + 1, usd: 14 * 0.25 + 5 });
    await allHave(2_000, 'remora_leases_active', 0, [back, second, third]);
  });

  it('Redis up, Postgres away: limits hold and reports wait on the volume; costs nobody has read are taken for none', async () => {
    const [first, second, third] = members;
    await bookedElsewhere('spent', 5);
    await postgres.kill();
    const taken = await askAll(20);
    expect(taken).toHaveLength(12);
    await reportAll(taken, () => first);
    expect(await selectId(second, { groupId: 'spent' })).toBe('spent');
    await allHave(2_000, 'remora_leases_active', 1);
    expect((await select(second, { userId: 'u' })).rateMultiplier).toBe(1);

    await first.kill();
    const back = await fleet.restart(first);
    expect(await back.readiness()).toMatchObject({ ready: true });
    expect(await back.metric('remora_ledger_spooled')).toBe(12);
    await postgres.start();
    await drained([back, second, third]);
    expect(await booked()).toEqual({ leases: 12 + 1, usd: 12 * 0.25 + 5 });
    await vi.waitUntil(
      () =>
        select(third, { groupId: 'spent' }).then(
          () => false,
          ({ details }) => /spent/.test(details),
        ),
      { timeout: 10_000 },
    );
  });

  it('Redis away, Postgres up: each keeps to its share of a limit, at least one; a pod that dies takes what it alone knew', async () => {
    const [first, second, third] = members;
    const early = { member: first, selection: await select(first, { groupId: 'narrow' }) };
    await killRedis();
    const taken = await askAll(20);
    // Of six slots two for each of three.
    expect(taken).toHaveLength(12);
    expect(taken.every(({ selection }) => selection.degraded)).toBe(true);
    // Of one slot one for each, which is more than there are, and it was taken before.
    const narrow = [early, ...(await askAll(3, 'narrow'))];
    expect(narrow.map(({ member }) => member)).toEqual([first, second, third]);

    const doomed = taken.find(({ member }) => member === first)!;
    const failed = taken.find(({ member }) => member === second)!;
    await reportAll(
      taken.filter((each) => each !== doomed && each !== failed),
      ({ member }) => member,
    );
    await report(second, failed.selection, {
      outcome: { case: 'failure', value: { httpStatus: 401 } },
      usage: { inputTokens: 10n, standardCost: 0.25 },
    });
    const isCooling = async ({ admin }: FleetMember) => {
      const accountIds = [failed.selection.account!.id];
      return (await admin.listAccounts({ accountIds })).accounts[0]!.cooldowns.length > 0;
    };
    expect(await Promise.all(members.map(isCooling))).toEqual([false, true, false]);
    await drained();
    expect(await booked()).toEqual({ leases: 11, usd: 11 * 0.25 });

    await first.kill();
    await redis.restart();
    await allHave(2_000, 'remora_degraded', 0, [second, third]);
    // Nobody else knew of the dead one's lease of that time. Its earlier one, and those of the other two, are in Redis.
    await allHave(2_000, 'remora_leases_active', 3, [second, third]);
    await vi.waitUntil(() => isCooling(third), { timeout: 2_000 });
    await reportAll([...narrow, doomed], () => third);
    await allHave(2_000, 'remora_leases_active', 0, [second, third]);
    await drained([second, third]);
    expect(await booked()).toEqual({ leases: 15, usd: 15 * 0.25 });
  });

  it('Redis away, Postgres away: every pod serves alone, restarts included, and all of it is booked once both are back', async () => {
    const [first, second, third] = members;
    await Promise.all([killRedis(), postgres.kill()]);
    const taken = await askAll(20);
    expect(taken).toHaveLength(12);
    const [atFirst, atOthers] = [true, false].map((own) =>
      taken.filter(({ member }) => (member === first) === own),
    ) as [Granted[], Granted[]];
    await reportAll(atFirst, () => first);
    await first.kill();
    const back = await fleet.restart(first);
    const all = [back, second, third];
    for (const member of all) expect(await member.readiness()).toMatchObject({ status: 200, ready: true });
    await reportAll([{ member: back, selection: await select(back) }, ...atOthers], ({ member }) => member);
    await Promise.all([redis.restart(), postgres.start()]);
    await allHave(2_000, 'remora_degraded', 0, all);
    await drained(all);
    expect(await booked()).toEqual({ leases: 13, usd: 13 * 0.25 });
    await allHave(2_000, 'remora_leases_active', 0, all);
  });
});
