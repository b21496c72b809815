import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { failedWith, refusalOf, report, seconds, select, selectId } from '../support/calls.ts';
import { createFleet, type FleetMember } from '../support/fleet.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';

const { selectAccount } = RouterService.method;

describe('three sidecars of one Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.close());

  const fleetOf = (config: object) => createFleet({ redisUrl: server.url, config });
  const inFlight = async ({ admin }: FleetMember) =>
    (await admin.listAccounts({})).accounts.map((account) => account.inFlight);
  const within = (ms: number, holds: () => Promise<boolean>) =>
    vi.waitUntil(holds, { timeout: ms, interval: 10 });

  it('grant 300 simultaneous asks for 4 accounts of 5 slots exactly 20 leases, five each', async () => {
    const accounts = ['a', 'b', 'c', 'd'].map((id) => apiKey(id, { concurrency: 5 }));
    const members = await fleetOf(groupOf(accounts)).start(3);
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        members[index % 3]!.grpc.unary(selectAccount, { groupId: 'g' }),
      ),
    );
    const granted = answers.flatMap(({ outcome }) => (outcome.case === 'selection' ? [outcome.value] : []));
    const perAccount = accounts.map(({ id }) => granted.filter(({ account }) => account?.id === id).length);
    expect(perAccount).toEqual([5, 5, 5, 5]);
    expect(answers.filter(({ outcome }) => outcome.case === 'waitPlan')).toHaveLength(280);
    await Promise.all(granted.map((selection, index) => report(members[(index + 1) % 3]!, selection)));
    for (const member of members) {
      await within(1_000, async () => (await inFlight(member)).every((count) => count === 0));
    }
  });

  it('wake a caller that waits at one for a slot freed at another within a second', async () => {
    const [first, second] = await fleetOf(groupOf([apiKey('a', { concurrency: 1 })])).start(2);
    const held = await select(first!);
    const waiting = select(second!, { maxWait: seconds(10) });
    await within(2_000, async () => (await second!.metric('remora_waiting')) === 1);
    await within(2_000, async () => (await first!.admin.listAccounts({})).accounts[0]?.waiting === 1);
    const beganMs = performance.now();
    await report(first!, held);
    await waiting;
    expect(performance.now() - beganMs).toBeLessThan(1_000);
  });

  it('serve a caller that waits at one whose own picture shows slots as taken that were freed elsewhere', async () => {
    const members = await fleetOf(groupOf([apiKey('a', { concurrency: 6 })])).start(2);
    const [first, second] = members as [FleetMember, FleetMember];
    for (let round = 0; round < 5; round += 1) {
      const asks = Array.from({ length: 20 }, (_, index) =>
        members[index % 2]!.grpc.unary(selectAccount, { groupId: 'g' }),
      );
      const answers = await Promise.all(asks);
      const taken = answers.flatMap(({ outcome }) => (outcome.case === 'selection' ? [outcome.value] : []));
      await Promise.all(taken.map((selection) => report(first, selection)));
      const beganMs = performance.now();
      await report(second, await select(second, { maxWait: seconds(3) }));
      expect(performance.now() - beganMs).toBeLessThan(1_000);
    }
  });

  it('hear of a cooldown, an override and a freed slot within a second', async () => {
    const config = groupOf(['a', 'b'].map((id) => subscription(id, { concurrency: 1 })));
    const members = await fleetOf(config).start(3);
    const [first, ...others] = members as [FleetMember, FleetMember, FleetMember];
    const stateOf = async ({ admin }: FleetMember, id: string) =>
      (await admin.listAccounts({ accountIds: [id] })).accounts[0]!;
    const allOthers = (holds: (member: FleetMember) => Promise<boolean>) =>
      Promise.all(others.map((member) => within(1_000, () => holds(member))));

    const failed = await select(first, { excludedAccountIds: ['b'], model: 'm' });
    await allOthers(async (member) => (await stateOf(member, 'a')).inFlight === 1);
    await report(first, failed, failedWith(401));
    await allOthers(async (member) => (await stateOf(member, 'a')).cooldowns.length === 1);
    for (const member of others) {
      const refused = await refusalOf(select(member, { excludedAccountIds: ['b'], model: 'm' }));
      expect(refused.code).toBe('RESOURCE_EXHAUSTED');
    }
    await allOthers(async (member) => (await stateOf(member, 'a')).inFlight === 0);

    await first.admin.setAccountSchedulable({ accountId: 'b', schedulable: false, reason: 'checked' });
    await allOthers(async (member) => !(await stateOf(member, 'b')).schedulable);
    await first.admin.clearCooldowns({ accountId: 'a' });
    await allOthers(async (member) => (await stateOf(member, 'a')).cooldowns.length === 0);
    expect(await selectId(others[0])).toBe('a');
  });

  it('free what one of them held that was killed once its leases are over, and nothing of the others', async () => {
    const fleet = fleetOf(groupOf([apiKey('a', { concurrency: 2 })]));
    const [first, second] = (await fleet.start(2)) as [FleetMember, FleetMember];
    await select(first, { leaseTtl: seconds(2) });
    const kept = await select(second, { leaseTtl: seconds(60) });
    await first.kill();
    const third = await fleet.restart(first);
    await within(4_000, async () => (await inFlight(third))[0] === 1);
    expect(await selectId(third)).toBe('a');
    expect((await report(third, kept)).duplicate).toBe(false);
  });
});
