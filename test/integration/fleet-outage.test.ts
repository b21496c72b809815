import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { costing, refusalOf, report, seconds, select } from '../support/calls.ts';
import { createFleet, type FleetMember } from '../support/fleet.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { apiKey, groupOf } from '../support/sidecar-config.ts';
import { startTraffic } from '../support/traffic.ts';

const unlimited = groupOf(['a', 'b', 'c', 'd'].map((id) => apiKey(id)));
/** As operators have it: the tests are about how long a call takes. */
const state = { timeout: '100ms' };

describe('a fleet whose Redis is away', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await startRedisServer(['--appendonly', 'yes', '--appendfsync', 'always']);
  });
  afterEach(() => server.close());

  const allWithin = (members: readonly FleetMember[], ms: number, series: string, value: number) =>
    vi.waitUntil(
      async () => (await Promise.all(members.map((each) => each.metric(series)))).every((v) => v === value),
      { timeout: ms, interval: 20 },
    );

  it.each([
    ['killed', 'SIGKILL', () => server.restart()],
    ['stopped by SIGSTOP', 'SIGSTOP', () => server.signal('SIGCONT')],
  ] as const)(
    'by being %s under load fails no call, slows none, and is back within 2 s of its return',
    async (_, signal, back) => {
      const members = await createFleet({ redisUrl: server.url, config: unlimited, state }).start(3);
      const traffic = startTraffic({ members, callersEach: 8 });
      await traffic.more(300);
      traffic.slowestMs();
      await server.signal(signal);
      await allWithin(members, 2_000, 'remora_degraded', 1);
      await traffic.more(300);
      for (const member of members)
        expect(await member.readiness()).toMatchObject({ status: 200, ready: true });
      await back();
      await allWithin(members, 2_000, 'remora_degraded', 0);
      await traffic.more(300);
      await traffic.stop();
      // 250 ms are allowed (130 and 220 were seen on two busy cores), and room for a machine that is busier.
      expect(traffic.slowestMs()).toBeLessThan(500);
      await allWithin(members, 2_000, 'remora_leases_active', 0);
    },
  );

  it('from the start is ready and serves, and is one fleet once Redis is there', async () => {
    await server.signal('SIGKILL');
    const config = groupOf([apiKey('a', { concurrency: 2 })]);
    const members = await createFleet({ redisUrl: server.url, config, state }).start(2);
    const held = await Promise.all(members.map((member) => select(member)));
    expect(held.map(({ degraded }) => degraded)).toEqual([true, true]);
    for (const member of members)
      expect(await member.readiness()).toMatchObject({ status: 200, ready: true });
    await server.restart();
    await allWithin(members, 2_000, 'remora_degraded', 0);
    await allWithin(members, 1_000, 'remora_account_in_flight{account="a"}', 2);
    await Promise.all(held.map((selection, index) => report(members[1 - index]!, selection)));
    await allWithin(members, 1_000, 'remora_account_in_flight{account="a"}', 0);
  });

  it('and is to deny answers UNAVAILABLE at once, and is not ready until Redis is back', async () => {
    const denying = { ...state, on_outage: 'deny' };
    const [member] = await createFleet({ redisUrl: server.url, config: unlimited, state: denying }).start(1);
    const held = await select(member!);
    await server.signal('SIGKILL');
    const beganMs = performance.now();
    expect((await refusalOf(select(member!))).code).toBe('UNAVAILABLE');
    expect((await refusalOf(report(member!, held))).code).toBe('UNAVAILABLE');
    expect(performance.now() - beganMs).toBeLessThan(500);
    expect(await member!.readiness()).toMatchObject({ status: 503, ready: false });
    await server.restart();
    await vi.waitUntil(async () => (await member!.readiness()).ready, { timeout: 2_000 });
    expect((await report(member!, held)).duplicate).toBe(false);
  });

  it('that lost its data (FLUSHALL) has the leases of every sidecar again within a second, and each is settled once', async () => {
    const config = groupOf([apiKey('a', { concurrency: 4 })]);
    const members = await createFleet({ redisUrl: server.url, config, state }).start(2);
    const held = await Promise.all([0, 1, 0, 1].map((index) => select(members[index]!)));
    await server.client().flushall();
    await allWithin(members, 1_000, 'remora_account_in_flight{account="a"}', 4);
    const late = refusalOf(select(members[0]!, { maxWait: seconds(0.2) }));
    expect((await late).code).toBe('RESOURCE_EXHAUSTED');
    for (const [index, selection] of held.entries()) {
      const answer = await report(members[(index + 1) % 2]!, selection, costing(1));
      expect(answer.duplicate).toBe(false);
    }
    expect((await report(members[0]!, held[0]!, costing(1))).duplicate).toBe(true);
    await allWithin(members, 1_000, 'remora_account_in_flight{account="a"}', 0);
  });
});
