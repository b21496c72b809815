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
    const namespaces = await namespacesOnEach(cluster);
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
    const namespaces = await namespacesOnEach(cluster);
    const sidecars = await Promise.all(
      namespaces.map((namespace) => Sidecar.open({ url: cluster.url, namespace })),
    );
    await cluster.nodes[2]!.signal('SIGKILL');
    const leases = await Promise.all(sidecars.map((sidecar) => sidecar.claim([{ accountId: 'a' }])));
    expect(leases.every((lease) => lease !== undefined)).toBe(true);
    expect(sidecars.slice(-3).map(({ state }) => state.degraded)).toEqual([true, true, true]);
    await cluster.nodes[2]!.restart();
    await vi.waitUntil(() => sidecars.every(({ state }) => !state.degraded), { timeout: 15_000 });
    await Promise.all(sidecars.map((sidecar, index) => sidecar.settle(leases[index]!)));
    await Promise.all(sidecars.map(({ state }) => state.close()));
  });
});

/** Three new namespaces on each node, those of the last node last. */
async function namespacesOnEach({ nodes, nodeOf }: RedisCluster): Promise<readonly string[]> {
  const byNode = nodes.map((): string[] => []);
  while (byNode.some(({ length }) => length < 3)) {
    const namespace = randomUUID();
    byNode[await nodeOf(namespace)]!.push(namespace);
  }
  return byNode.flatMap((namespaces) => namespaces.slice(0, 3));
}
