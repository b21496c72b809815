import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { Sidecar } from '../support/redis-sidecars.ts';

describe('a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.close());

  it('keeps each namespace in one slot, and all that is done with it works there', async () => {
    // Enough of them to be on every node.
    const namespaces = Array.from({ length: 9 }, () => randomUUID());
    await Promise.all(
      namespaces.map(async (namespace) => {
        const open = () => Sidecar.open({ url: cluster.url, namespace, timeoutMs: 5_000 });
        const [first, second] = await Promise.all([open(), open()]);
        await vi.waitUntil(() => !first.state.degraded && !second.state.degraded, { timeout: 5_000 });
        const heard: string[] = [];
        second.state.onChange(({ kind }) => heard.push(kind));
        const session = { sessionId: 's', ttlMs: 60_000, assumedAccountId: '', verify: true };
        const lease = await first.claim([{ accountId: 'a', concurrency: 1 }], { session, requestKey: 'k' });
        expect(await second.claim([{ accountId: 'a', concurrency: 1 }])).toBeUndefined();
        expect(await second.claim([{ accountId: 'a' }], { requestKey: 'k' })).toEqual(lease);
        await first.fail(lease!);
        await vi.waitUntil(() => heard.includes('standing'), { timeout: 5_000 });
        expect(second.state.figures('a').modelCooldown('m')?.reason).toBe('RATE_LIMIT');
        await second.state.unbind({ groupId: '', sessionId: '', accountId: 'a' }, Date.now());
        await second.beat();
        expect(second.state.leasesActive()).toBe(0);
        await Promise.all([first.state.close(), second.state.close()]);
      }),
    );
  });

  it('whose node is gone is gone on without, for what was on it', async () => {
    const sidecars = await Promise.all(
      Array.from({ length: 9 }, () => Sidecar.open({ url: cluster.url, namespace: randomUUID() })),
    );
    await cluster.nodes[2]!.signal('SIGKILL');
    const leases = await Promise.all(sidecars.map((sidecar) => sidecar.claim([{ accountId: 'a' }])));
    expect(leases.every((lease) => lease !== undefined)).toBe(true);
    expect(sidecars.some(({ state }) => state.degraded)).toBe(true);
    await cluster.nodes[2]!.restart();
    await vi.waitUntil(() => sidecars.every(({ state }) => !state.degraded), { timeout: 15_000 });
    await Promise.all(sidecars.map((sidecar, index) => sidecar.settle(leases[index]!)));
    await Promise.all(sidecars.map(({ state }) => state.close()));
  });
});
