import { describe, expect, it, vi } from 'vitest';
import type { Lease } from '../../src/ports/state-store.ts';
import { lastingRedis } from '../support/lasting-redis.ts';
import { startRedisProxy } from '../support/redis-proxy.ts';

describe('with a faulty Redis a sidecar', () => {
  const lasting = lastingRedis();
  const { open, backWithin, slots } = lasting;

  it('that hangs answers in time, and what it had asked for is not counted when it is heard late', async () => {
    const sidecar = await open({ timeoutMs: 100 });
    await lasting.server.signal('SIGSTOP');
    const beganMs = performance.now();
    const leases = await Promise.all(
      Array.from({ length: 10 }, () => sidecar.claim([{ accountId: 'a', concurrency: 50 }])),
    );
    expect(performance.now() - beganMs).toBeLessThan(500);
    expect(leases.every((lease) => lease !== undefined)).toBe(true);
    const [first, ...rest] = leases as [Lease, ...Lease[]];
    await Promise.all(rest.map((lease) => sidecar.settle(lease)));
    await lasting.server.signal('SIGCONT');
    await backWithin(2_000, sidecar);
    expect(await slots('a')).toBe(1);
    await sidecar.settle(first);
    expect(await slots('a')).toBe(0);
  });

  describe('that answers with an error', () => {
    it.each([
      ['READONLY', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
      ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ])(
      '-%s goes on, and is back once it takes writes again',
      async (_, [spoil, ...how], [mend, ...with_]) => {
        const sidecar = await open();
        const redis = lasting.server.client();
        await redis.call(spoil!, how);
        const lease = await sidecar.claim([{ accountId: 'a', concurrency: 2 }]);
        expect(lease).toBeDefined();
        expect(sidecar.state.degraded).toBe(true);
        await redis.call(mend!, with_);
        await backWithin(2_000, sidecar);
        expect(await slots('a')).toBe(1);
        await sidecar.settle(lease!);
        expect(await slots('a')).toBe(0);
      },
    );

    it.each([
      '-LOADING Redis is loading the dataset in memory',
      '-MOVED 42 127.0.0.1:1',
      '-ERR what?',
    ] as const)('%s goes on, and is back once it answers as it should', async (error) => {
      const proxy = await startRedisProxy(lasting.server.port);
      try {
        const sidecar = await open({ url: proxy.url });
        expect(sidecar.state.degraded).toBe(false);
        proxy.behave(error);
        const lease = await sidecar.claim([{ accountId: 'a', concurrency: 2 }]);
        expect(lease).toBeDefined();
        expect(sidecar.state.degraded).toBe(true);
        proxy.behave('pass');
        await backWithin(2_000, sidecar);
        expect(await slots('a')).toBe(1);
      } finally {
        await proxy.close();
      }
    });

    it('-NOPERM or whatever else of its own goes on', async () => {
      const redis = lasting.server.client();
      await redis.call('ACL', ['SETUSER', 'default', '-evalsha', '-eval']);
      const sidecar = await open();
      expect(await sidecar.claim([{ accountId: 'a' }])).toBeDefined();
      expect(sidecar.state.degraded).toBe(true);
      await redis.call('ACL', ['SETUSER', 'default', '+@all']);
      await backWithin(2_000, sidecar);
    });
  });

  it('whose connection is dead and does not know it goes on, and connects anew', async () => {
    const proxy = await startRedisProxy(lasting.server.port);
    try {
      const sidecar = await open({ url: proxy.url, timeoutMs: 100 });
      proxy.behave('swallow');
      const lease = await sidecar.claim([{ accountId: 'a' }]);
      expect(lease).toBeDefined();
      // What was swallowed is lost: only a connection made later gets through.
      const made = lasting.server.client();
      const connections = async () =>
        Number(/total_connections_received:(\d+)/.exec(await made.info('stats'))![1]);
      const before = await connections();
      await vi.waitUntil(async () => (await connections()) > before, { timeout: 5_000 });
      proxy.behave('pass');
      await backWithin(3_000, sidecar);
      expect(await slots('a')).toBe(1);
    } finally {
      await proxy.close();
    }
  });

  it('that lost its data puts its leases in again', async () => {
    const sidecar = await open();
    const lease = (await sidecar.claim([{ accountId: 'a', concurrency: 1 }]))!;
    await lasting.server.client().flushall();
    await sidecar.beat();
    expect(await slots('a')).toBe(1);
    expect(await sidecar.claim([{ accountId: 'a', concurrency: 1 }])).toBeUndefined();
    expect(await sidecar.settle(lease)).toMatchObject({ duplicate: false, lease });
    expect(await slots('a')).toBe(0);
  });
});
